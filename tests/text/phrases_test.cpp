#include "text/phrases.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/text/sample_corpus.h"

namespace noema {
namespace {

bool contains(const std::vector<std::string>& phrases, const std::string& phrase) {
  return std::find(phrases.begin(), phrases.end(), phrase) != phrases.end();
}

TEST(Phrases, AreTheWordsThatCallForEachOther) {
  const std::vector<std::string> phrases = find_phrases(test::sample_corpus());
  EXPECT_TRUE(contains(phrases, " went to the"));
  EXPECT_TRUE(contains(phrases, " has the"));
  EXPECT_TRUE(std::is_sorted(phrases.begin(), phrases.end()));
}

TEST(Phrases, HoldNoNameAndNoNoun) {
  for (const std::string& phrase : find_phrases(test::sample_corpus())) {
    EXPECT_TRUE(phrase.starts_with(' '));
    EXPECT_NE(phrase.find(' ', 1), std::string::npos) << phrase;
    for (const std::string& name : test::people()) EXPECT_EQ(phrase.find(name), std::string::npos) << phrase;
    for (const std::string& noun : test::things()) EXPECT_EQ(phrase.find(noun), std::string::npos) << phrase;
  }
}

TEST(Phrases, DoNotCrossLinesOrPunctuation) {
  const std::vector<std::string> texts(100, "left\nright, again");
  EXPECT_TRUE(find_phrases(texts).empty());
}

TEST(Phrases, KeepToTheLimits) {
  const std::vector<std::string> texts = test::sample_corpus();
  EXPECT_EQ(find_phrases(texts, {.max_phrases = 1}), std::vector<std::string>{" went to the"});
  EXPECT_TRUE(find_phrases(texts, {.max_phrases = 0}).empty());
  for (const std::string& phrase : find_phrases(texts, {.max_length = 8})) EXPECT_LE(phrase.size(), 8u);
  EXPECT_TRUE(find_phrases({}).empty());
  EXPECT_TRUE(find_phrases({"Tom went to the kitchen."}).empty());
}

TEST(Phrases, AreTheSameForTheSameTexts) {
  EXPECT_EQ(find_phrases(test::sample_corpus()), find_phrases(test::sample_corpus()));
}

TEST(Phrases, SpacedWordIsASpaceAndLetters) {
  EXPECT_EQ(spaced_word_length(" Tom's ball"), 6u);
  EXPECT_EQ(spaced_word_length(" caf\u00e9."), 6u);
  EXPECT_EQ(spaced_word_length(" a1"), 2u);
  for (const char* text : {"", " ", "Tom", "  Tom", " 1", " .", "\nTom"}) EXPECT_EQ(spaced_word_length(text), 0u);
}

}  // namespace
}  // namespace noema
