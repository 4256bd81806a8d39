#include <gtest/gtest.h>

#include "tasks/task.h"
#include "tests/support/temporary_folder.h"

namespace noema {
namespace {

TEST(Registry, MakesEveryTaskItNames) {
  for (const std::string& name : task_names()) {
    const auto task = make_task(name);
    EXPECT_EQ(task->name(), name);
    if (!task->generator()) continue;
    const Example example = task->generator()->generate(1, 1);
    const auto sentences = task->reasoning(example);
    const auto answer = task->answer_in(sentences.back());
    ASSERT_TRUE(answer) << name;
    EXPECT_TRUE(task->is_right(example, *answer)) << name;
    EXPECT_FALSE(task->is_right(example, "nonsense")) << name;
  }
}

TEST(Registry, SuggestsTheNearestName) {
  EXPECT_NE(test::message_of([] { make_task("blockworld"); }).find("did you mean \"blocksworld\"?"), std::string::npos);
  EXPECT_NE(test::message_of([] { make_task("chess"); }).find("one of stories, prosqa"), std::string::npos);
  EXPECT_NE(test::message_of([] { make_task("csqa"); }).find("for a file of your own, \"questions\""),
            std::string::npos);
  EXPECT_THROW(make_task(std::string(1000000, '\n')), Error);
}

}  // namespace
}  // namespace noema
