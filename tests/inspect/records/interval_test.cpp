#include "inspect/records/interval.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

/// `units` units of `each` outcomes, all of a unit right or all wrong, every other one right.
std::vector<Outcome> alternating(int units, int each) {
  std::vector<Outcome> outcomes;
  for (int unit = 0; unit < units; ++unit) {
    for (int i = 0; i < each; ++i) outcomes.push_back({unit % 2 == 0, "unit " + std::to_string(unit)});
  }
  return outcomes;
}

double width(const Interval& interval) { return interval.high - interval.low; }

TEST(ShareInterval, IsWilsonsWhereEveryQuestionStandsAlone) {
  std::vector<Outcome> alone = alternating(40, 1);
  for (std::size_t i = 0; i < alone.size(); i += 3) alone[i].unit.reset();
  const ShareInterval interval = share_interval(alone);
  EXPECT_EQ(to_string(interval.method), "wilson");
  EXPECT_EQ(interval.units, 40);
  EXPECT_EQ(interval.low, wilson(20, 40).low);
  EXPECT_EQ(interval.high, wilson(20, 40).high);
}

TEST(ShareInterval, QuestionsThatRepeatEachOtherDoNotNarrowIt) {
  const ShareInterval interval = share_interval(alternating(20, 19));
  EXPECT_EQ(to_string(interval.method), "bootstrap");
  EXPECT_EQ(interval.units, 20);
  EXPECT_NEAR(width(interval), width(wilson(10, 20)), 0.06);
  EXPECT_GT(width(interval), 3.0 * width(wilson(190, 380)));
  EXPECT_EQ(interval.low, share_interval(alternating(20, 19)).low) << "its seed is fixed";
}

TEST(ShareInterval, IsNeverWithoutWidth) {
  std::vector<Outcome> all = alternating(20, 19);
  for (Outcome& outcome : all) outcome.right = true;
  EXPECT_EQ(share_interval(all).low, wilson(20, 20).low) << "as many as there are units, not questions";
  EXPECT_EQ(share_interval(all).units, 20);
  for (Outcome& outcome : all) outcome.right = false;
  EXPECT_EQ(share_interval(all).high, wilson(0, 20).high);
  EXPECT_EQ(share_interval({}).high, 1.0);
}

}  // namespace
}  // namespace noema
