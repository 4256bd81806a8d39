// How many are there? The steps' sums hold, each starts from what the one before found, and none of the answers is
// frequent.

#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

struct Sum {
  int a = 0, b = 0, result = 0;
  char operation = '+';
};

/// ", so 5 - 3 = 2." at the end of a step.
std::optional<Sum> sum_in(const std::string& step) {
  const auto so = step.find(", so ");
  if (so == std::string::npos) return std::nullopt;
  Sum sum;
  if (std::sscanf(step.c_str() + so, ", so %d %c %d = %d.", &sum.a, &sum.operation, &sum.b, &sum.result) != 4) {
    ADD_FAILURE() << step;
  }
  return sum;
}

int value_of(const Sum& sum) {
  switch (sum.operation) {
    case '+':
      return sum.a + sum.b;
    case '-':
      return sum.a - sum.b;
    case '*':
      return sum.a * sum.b;
    default:
      EXPECT_EQ(sum.a % sum.b, 0);
      return sum.a / sum.b;
  }
}

TEST(StoriesCount, EverySumHoldsAndTheLastGivesTheAnswer) {
  int sums = 0;
  for (const Example& story : stories_of("count", 2000)) {
    std::optional<int> result;
    for (const std::string& step : story.steps) {
      const auto sum = sum_in(step);
      if (!sum) continue;
      ++sums;
      EXPECT_EQ(sum->result, value_of(*sum)) << step;
      if (result) EXPECT_EQ(sum->a, *result) << story.question << step;
      result = sum->result;
      EXPECT_GE(*result, 0);
      EXPECT_LE(*result, 20);
    }
    if (result) EXPECT_EQ(std::to_string(*result), story.answer) << story.question;
  }
  EXPECT_GT(sums, 2000);
}

TEST(StoriesCount, NoAnswerIsFrequent) {
  std::map<std::string, int> answers;
  for (const Example& story : stories_of("count", 1000)) ++answers[story.answer];
  EXPECT_GE(answers.size(), 19u);
  for (const auto& [answer, count] : answers) EXPECT_LT(count, 120) << answer;
}

}  // namespace
}  // namespace noema::test
