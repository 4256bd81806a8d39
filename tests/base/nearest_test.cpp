#include "base/nearest.h"

#include <gtest/gtest.h>

#include <vector>

namespace noema {
namespace {

const std::vector<std::string> kTasks = {"stories", "prosqa", "blocksworld", "gsm8k", "questions"};

TEST(Nearest, FindsTypingMistakes) {
  EXPECT_EQ(nearest("storys", kTasks), "stories");
  EXPECT_EQ(nearest("blockworld", kTasks), "blocksworld");
  EXPECT_EQ(nearest("gms8k", kTasks), "gsm8k");
  EXPECT_EQ(nearest("PROSQA", kTasks), "prosqa");
  EXPECT_EQ(nearest("questions", kTasks), "questions");
}

TEST(Nearest, FindsNothingWhereNothingIsNear) {
  EXPECT_EQ(nearest("chess", kTasks), std::nullopt);
  EXPECT_EQ(nearest("", kTasks), std::nullopt);
  EXPECT_EQ(nearest("stories", {}), std::nullopt);
  EXPECT_EQ(nearest(std::string(1000000, 's'), kTasks), std::nullopt);
}

}  // namespace
}  // namespace noema
