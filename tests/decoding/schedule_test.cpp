#include "decoding/schedule.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

using Places = std::vector<std::size_t>;

std::vector<TokenIds> questions(const std::vector<std::size_t>& lengths) {
  std::vector<TokenIds> all;
  for (const std::size_t length : lengths) all.emplace_back(length, TokenId{1});
  return all;
}

Schedule::Room always(std::size_t rows) {
  return [rows](std::int64_t) { return rows; };
}

TEST(Schedule, TheLongestEnterFirst) {
  Schedule schedule(questions({3, 9, 5, 9}), always(2));
  EXPECT_EQ(schedule.enter({}), (Places{1, 3}));
  EXPECT_EQ(schedule.enter({}), (Places{2, 0}));
  EXPECT_TRUE(schedule.is_empty());
  EXPECT_EQ(schedule.enter({}), Places{});
}

TEST(Schedule, FreePlacesAreFilledSeveralAtATime) {
  Schedule schedule(questions(Places(20, 4)), always(8));
  EXPECT_EQ(schedule.enter({}).size(), 8u);
  EXPECT_EQ(schedule.enter({0, 1, 2, 3, 4, 5, 6}), Places{}) << "one free place is not worth a pass";
  EXPECT_EQ(schedule.enter({2, 3, 4, 5, 6, 7}), (Places{8, 9}));
  EXPECT_EQ(schedule.enter({7}), (Places{10, 11, 12, 13, 14, 15, 16}));
  EXPECT_EQ(schedule.enter({7, 10, 11, 12, 13, 14, 15}), Places{});
  EXPECT_EQ(schedule.enter({7, 10, 11, 12}), (Places{17, 18, 19})) << "the last ones";
}

TEST(Schedule, ThereIsRoomForMoreWhenTheLongOnesHaveGone) {
  Schedule schedule(questions({100, 10, 10, 10, 10, 10}), [](std::int64_t longest) { return longest > 50 ? 2u : 4u; });
  EXPECT_EQ(schedule.enter({}), (Places{0, 1}));
  EXPECT_EQ(schedule.enter({0}), (Places{2}));
  EXPECT_EQ(schedule.enter({1, 2}), (Places{3, 4}));
}

TEST(Schedule, ThoseThatWaitCanBeLetGo) {
  Schedule schedule(questions({1, 2, 3}), always(1));
  EXPECT_EQ(schedule.enter({}), Places{2});
  EXPECT_EQ(schedule.dismiss(), (Places{1, 0}));
  EXPECT_TRUE(schedule.is_empty());
  EXPECT_EQ(schedule.dismiss(), Places{});
}

}  // namespace
}  // namespace noema
