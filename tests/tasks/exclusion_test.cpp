#include "tasks/exclusion.h"

#include <gtest/gtest.h>

#include "tests/tasks/temporary_folder.h"

namespace noema {
namespace {

using test::TemporaryFolder;

std::vector<Example> generated(const Task& task, std::uint64_t seed, std::uint64_t count) {
  std::vector<Example> examples;
  for (std::uint64_t index = 0; index < count; ++index) examples.push_back(task.generate(seed, index));
  return examples;
}

TEST(Exclusion, NothingExcludedIsEverDrawn) {
  const TemporaryFolder folder;
  for (const std::string name : {"stories", "prosqa", "blocksworld", "blocksworld-4"}) {
    const auto task = make_task(name);
    folder.file("held_out.json", to_text(generated(*task, 1, 40)));
    const auto excluding = make_excluding(make_task(name), {folder / "held_out.json"});
    const auto excluded = read_identities(*task, std::vector<std::filesystem::path>{folder / "held_out.json"});
    const auto drawn = generated(*excluding, 1, 60);
    const auto again = generated(*excluding, 1, 60);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      EXPECT_FALSE(excluded.contains(task->identity(drawn[i]))) << name;
      EXPECT_EQ(drawn[i].question, again[i].question) << name;
    }
    EXPECT_EQ(without(drawn, *task, excluded).size(), drawn.size());
    EXPECT_TRUE(without(generated(*task, 1, 40), *task, excluded).empty());
  }
}

TEST(Exclusion, LeavesOtherExamplesAsTheyAre) {
  const TemporaryFolder folder;
  const auto task = make_task("prosqa");
  folder.file("held_out.json", to_text({task->generate(1, 3)}));
  const auto excluding = make_excluding(make_task("prosqa"), {folder / "held_out.json"});
  for (std::uint64_t index = 0; index < 8; ++index) {
    const bool same = excluding->generate(1, index).question == task->generate(1, index).question;
    EXPECT_EQ(same, index != 3);
  }
  EXPECT_EQ(excluding->name(), "prosqa");
  EXPECT_GT(excluding->hints(task->generate(1, 0)).size(), 10u);
}

TEST(Exclusion, SaysWhenNothingIsLeft) {
  const TemporaryFolder folder;
  folder.file("all.json", to_text(generated(*make_task("blocksworld-4"), 1, 20000)));
  const auto excluding = make_excluding(make_task("blocksworld-4"), {folder / "all.json"});
  EXPECT_NE(test::message_of([&] { excluding->generate(2, 0); }).find("not excluded"), std::string::npos);
}

TEST(Exclusion, AMissingFileIsAnError) {
  EXPECT_THROW(make_excluding(make_task("prosqa"), {"no/such/file.json"}), Error);
}

}  // namespace
}  // namespace noema
