#include "tasks/csqa.h"

#include <gtest/gtest.h>

namespace noema {
namespace {

TEST(Csqa, TheLastSentenceIsTheLetter) {
  const auto task = make_csqa_task();
  Example example{"Where?\tA: bank\tB: mall", {"Banks have doors.", "### A"}, "A"};
  EXPECT_EQ(task->reasoning(example), example.steps);
  example.steps.pop_back();
  EXPECT_EQ(task->reasoning(example), (std::vector<std::string>{"Banks have doors.", "### A"}));
}

TEST(Csqa, ReadsAndJudgesTheLetter) {
  const auto task = make_csqa_task();
  const Example example{"Where?", {}, "A"};
  EXPECT_EQ(task->answer_in("### A"), "A");
  EXPECT_FALSE(task->answer_in("A bank."));
  EXPECT_TRUE(task->is_right(example, "a."));
  EXPECT_FALSE(task->is_right(example, "B"));
  EXPECT_EQ(task->is_valid(example, {"anything"}), std::nullopt);
}

}  // namespace
}  // namespace noema
