#include <gtest/gtest.h>

// Any file of questions, such as CommonsenseQA with written rationales.

#include "tasks/task.h"

namespace noema {
namespace {

TEST(Questions, TheLastSentenceIsTheLetter) {
  const auto task = make_task("questions");
  Example example{"Where?\tA: bank\tB: mall", {"Banks have doors.", "### A"}, "A"};
  EXPECT_EQ(task->reasoning(example), example.steps);
  example.steps.pop_back();
  EXPECT_EQ(task->reasoning(example), (std::vector<std::string>{"Banks have doors.", "### A"}));
}

TEST(Questions, ReadsAndJudgesTheLetter) {
  const auto task = make_task("questions");
  const Example example{"Where?", {}, "A"};
  EXPECT_EQ(task->answer_in("### A"), "A");
  EXPECT_FALSE(task->answer_in("A bank."));
  EXPECT_TRUE(task->is_right(example, "a."));
  EXPECT_FALSE(task->is_right(example, "B"));
  EXPECT_EQ(task->is_valid(example, {"anything"}), std::nullopt);
}

}  // namespace
}  // namespace noema
