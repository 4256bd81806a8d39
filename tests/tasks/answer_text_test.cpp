#include "tasks/answer_text.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

TEST(AnswerText, TrimsAndJoinsLines) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \n "), "");
  EXPECT_EQ(on_one_line("  one\r\n\ntwo\tthree "), "one two three");
  EXPECT_EQ(on_one_line("\n"), "");
}

TEST(AnswerText, ReadsNumbersAsPeopleWriteThem) {
  EXPECT_EQ(number_in("18"), 18);
  EXPECT_EQ(number_in(" -3.5 "), -3.5);
  EXPECT_EQ(number_in("1,234,567"), 1234567);
  EXPECT_EQ(number_in("$1,000."), 1000);
  EXPECT_EQ(number_in("-$ 5"), -5);
  EXPECT_EQ(number_in("20%"), 20);
  EXPECT_EQ(number_in(".5"), 0.5);
  EXPECT_EQ(number_in("8."), 8);
}

TEST(AnswerText, OtherTextsAreNoNumbers) {
  for (const char* text : {"",   " ",  "-",    "$",     "%",   ".",   "eight", "8 moves", "<<4-2=2>>", "1/2",
                           "1,", ",1", "1..2", "1.2.3", "--1", "nan", "inf",   "1e5",     "0x10",      "1 2"}) {
    EXPECT_FALSE(number_in(text)) << text;
  }
  EXPECT_FALSE(number_in(std::string(100000, '9')));
}

TEST(AnswerText, ComparesAnswersByWhatTheySay) {
  EXPECT_TRUE(same_answer("8", "8.0"));
  EXPECT_TRUE(same_answer("1,000", "1000"));
  EXPECT_TRUE(same_answer("$18", "18."));
  EXPECT_TRUE(same_answer("Tom is a lempus.", " tom is a Lempus"));
  EXPECT_TRUE(same_answer("0.3", "0.30000000000000004"));
  EXPECT_FALSE(same_answer("8", "80"));
  EXPECT_FALSE(same_answer("1000000", "1000001"));
  EXPECT_FALSE(same_answer("lempus", "lempu"));
  EXPECT_FALSE(same_answer("8", ""));
  EXPECT_FALSE(same_answer("8", "eight"));
}

TEST(AnswerText, FindsWhatFollowsAMark) {
  EXPECT_EQ(after_mark(" ### Tom is a lempus. ", "###"), "Tom is a lempus.");
  EXPECT_EQ(after_mark("###", "###"), "");
  EXPECT_EQ(after_mark("Tom ### x", "###"), std::nullopt);
}

}  // namespace
}  // namespace noema
