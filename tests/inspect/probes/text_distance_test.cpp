#include "inspect/probes/text_distance.h"

#include <gtest/gtest.h>

#include <cmath>

#include "inspect/probes/auroc.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

constexpr double kScoreClose = 1e-9;

TEST(SentenceBleu, MatchesValuesByHand) {
  EXPECT_NEAR(sentence_bleu("the cat sat on the mat", "the  cat sat on the mat\n"), 1.0, kScoreClose);
  // Matches of 1 to 4 words: 3 of 4, 2 of 3, 1 of 2, 0 of 1; one is added from pairs on.
  EXPECT_NEAR(sentence_bleu("a b c d", "a b c e"), std::pow(3.0 / 4 * 3 / 4 * 2 / 3 * 1 / 2, 0.25), kScoreClose);
  // A word counts at most as often as the reference has it; a longer candidate pays no penalty for brevity.
  EXPECT_NEAR(sentence_bleu("the the the", "the cat"), std::pow(1.0 / 3 * 1 / 3 * 1 / 2, 0.25), kScoreClose);
  EXPECT_NEAR(sentence_bleu("a b", "a b c d"), std::exp(1.0 - 4.0 / 2.0), kScoreClose);
}

TEST(SentenceBleu, IsOneForShortEqualTextsAndZeroWithoutACommonWord) {
  EXPECT_EQ(sentence_bleu("a", "a"), 1.0);
  EXPECT_EQ(sentence_bleu("### park", "### park"), 1.0);
  EXPECT_EQ(sentence_bleu("", " "), 1.0);
  EXPECT_EQ(sentence_bleu("a b c", "d e f"), 0.0);
  EXPECT_EQ(sentence_bleu("", "a"), 0.0);
  EXPECT_EQ(sentence_bleu("a", ""), 0.0);
}

TEST(EditDistance, MatchesValuesByHand) {
  EXPECT_NEAR(edit_distance("kitten", "sitting"), 3.0 / 7.0, kScoreClose);
  EXPECT_NEAR(edit_distance("sitting", "kitten"), 3.0 / 7.0, kScoreClose);
  EXPECT_NEAR(edit_distance("flaw", "lawn"), 0.5, kScoreClose);
  EXPECT_EQ(edit_distance("", ""), 0.0);
  EXPECT_EQ(edit_distance("", "abc"), 1.0);
  EXPECT_EQ(edit_distance("abc", "xyz"), 1.0);
}

TEST(EditDistance, CountsCharactersAndSurvivesMalformedOnes) {
  EXPECT_NEAR(edit_distance("Zoë", "Zoe"), 1.0 / 3.0, kScoreClose);
  EXPECT_NEAR(edit_distance("→a", "→b"), 0.5, kScoreClose);
  EXPECT_EQ(edit_distance("\xe2\x86", "\xe2\x86"), 0.0);
  EXPECT_NEAR(edit_distance("a\xff", "a\xf0"), 0.5, kScoreClose);
}

TEST(Auroc, IsTheShareOfPairsInTheRightOrder) {
  EXPECT_NEAR(auroc({3.0, 1.0}, {0.0, 2.0})->value, 0.75, kScoreClose);
  EXPECT_NEAR(auroc({1.0}, {1.0})->value, 0.5, kScoreClose);
  EXPECT_NEAR(auroc({1.0, 2.0}, {1.0, 1.0, 0.0})->value, (2.0 * 0.5 + 1.0 + 3.0) / 6.0, kScoreClose);
  EXPECT_FALSE(auroc({}, {1.0}));
  EXPECT_FALSE(auroc({1.0}, {}));
}

TEST(Auroc, IntervalHoldsTheValueMirrorsAndIsHonestAboutFewScores) {
  const auto one = auroc({3.0, 1.0, 5.0}, {0.0, 2.0}), other = auroc({0.0, 2.0}, {3.0, 1.0, 5.0});
  EXPECT_LT(one->interval.low, one->value);
  EXPECT_GT(one->interval.high, one->value);
  EXPECT_NEAR(one->interval.low, 1.0 - other->interval.high, 1e-6);
  const auto perfect = auroc({1.0, 2.0}, {0.0, -1.0});
  EXPECT_EQ(perfect->value, 1.0);
  EXPECT_NEAR(perfect->interval.high, 1.0, 1e-6);
  EXPECT_LT(perfect->interval.low, 0.75);
  const auto many = auroc(std::vector<double>(100, 1.0), std::vector<double>(100, 0.0));
  EXPECT_GT(many->interval.low, 0.95);
}

TEST(Shares, HaveIntervalsAndNoneOfNothing) {
  std::vector<nlohmann::json> row;
  add_share(row, 5, 10);
  add_share(row, 0, 0);
  ASSERT_EQ(row.size(), 6u);
  EXPECT_NEAR(row[0].get<double>(), 0.5, kScoreClose);
  EXPECT_NEAR(row[1].get<double>(), 0.2366, 1e-4);
  EXPECT_TRUE(row[3].is_null() && row[4].is_null() && row[5].is_null());
  EXPECT_EQ(share_text(5, 10), "50.0% (95% interval 23.7 to 76.3%)");
  EXPECT_EQ(share_text(0, 0), "none");
}

}  // namespace
}  // namespace noema
