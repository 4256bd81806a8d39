#include "tasks/gsm8k.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

TEST(Gsm8k, TheLastSentenceIsTheNumber) {
  const auto task = make_gsm8k_task();
  Example example{"How much?", {"<<4-2=2>>", "<<100*3=300>>", "300"}, "300"};
  EXPECT_EQ(task->reasoning(example), example.steps);
  example.steps.pop_back();
  EXPECT_EQ(task->reasoning(example), (std::vector<std::string>{"<<4-2=2>>", "<<100*3=300>>", "300"}));
  example.steps.clear();
  EXPECT_EQ(task->reasoning(example), std::vector<std::string>{"300"});
}

TEST(Gsm8k, OnlyABareNumberIsAnAnswer) {
  const auto task = make_gsm8k_task();
  EXPECT_EQ(task->answer_in("300"), "300");
  EXPECT_EQ(task->answer_in(" 1,000 "), "1,000");
  EXPECT_EQ(task->answer_in("#### 5"), "5");
  EXPECT_FALSE(task->answer_in("<<100*3=300>>"));
  EXPECT_FALSE(task->answer_in("He pays $300."));
  EXPECT_FALSE(task->answer_in(""));
}

TEST(Gsm8k, NumbersAreComparedAsNumbers) {
  const auto task = make_gsm8k_task();
  const Example example{"How much?", {}, "1000"};
  EXPECT_TRUE(task->is_right(example, "1,000.00"));
  EXPECT_FALSE(task->is_right(example, "100"));
  EXPECT_EQ(task->is_valid(example, {}), std::nullopt);
}

TEST(Gsm8k, SpacingDoesNotMakeAQuestionAnother) {
  const auto task = make_gsm8k_task();
  EXPECT_EQ(task->identity({"He has 2.  How many?", {}, "2"}), task->identity({"He has 2. How many?\n", {}, "3"}));
}

}  // namespace
}  // namespace noema
