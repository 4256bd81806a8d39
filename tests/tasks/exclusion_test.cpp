#include "tasks/exclusion.h"

#include <gtest/gtest.h>

#include "tasks/examples.h"
#include "tests/support/temporary_folder.h"

namespace noema {
namespace {

using test::TemporaryFolder;

std::vector<Example> generated(const Generator& generator, std::uint64_t seed, std::uint64_t count) {
  std::vector<Example> examples;
  for (std::uint64_t index = 0; index < count; ++index) examples.push_back(generator.generate(seed, index));
  return examples;
}

/// The generator of a task without what a file holds.
std::shared_ptr<const Generator> excluding(const std::string& name, const std::filesystem::path& file) {
  const std::shared_ptr<const Task> task = make_task(name);
  return make_excluding(task->generator(), Exclusion(task, {file}));
}

TEST(Exclusion, NothingExcludedIsEverDrawn) {
  const TemporaryFolder folder;
  for (const std::string name : {"stories", "prosqa", "blocksworld", "blocksworld-4"}) {
    const std::shared_ptr<const Task> task = make_task(name);
    const auto file = folder.file("held_out.json", to_text(generated(*task->generator(), 1, 40)));
    const Exclusion excluded(task, {file});
    const auto drawn = generated(*excluding(name, file), 1, 60);
    const auto again = generated(*excluding(name, file), 1, 60);
    for (std::size_t i = 0; i < drawn.size(); ++i) {
      EXPECT_FALSE(excluded.contains(drawn[i])) << name;
      EXPECT_EQ(drawn[i].question, again[i].question) << name;
    }
    EXPECT_EQ(without(open_examples(folder.file("drawn.json", to_text(drawn))), excluded)->size(), drawn.size());
    EXPECT_EQ(without(open_examples(file), excluded)->size(), 0u);
  }
}

TEST(Exclusion, LeavesOtherExamplesAsTheyAre) {
  const TemporaryFolder folder;
  const auto task = make_task("prosqa");
  const auto& generator = *task->generator();
  const auto excluded = excluding("prosqa", folder.file("held_out.json", to_text({generator.generate(1, 3)})));
  for (std::uint64_t index = 0; index < 8; ++index) {
    const ExampleGroup found = excluded->group(1, index, {.siblings = 2});
    const ExampleGroup whole = generator.group(1, index, {.siblings = 2});
    EXPECT_EQ(found.example.question == whole.example.question, index != 3);
    EXPECT_EQ(found.siblings.size(), index == 3 ? 0 : whole.siblings.size()) << "one that stands in has none";
  }
  EXPECT_TRUE(excluded->has_siblings());
  EXPECT_FALSE(excluded->has_twins());
}

TEST(Exclusion, HoldsForTwins) {
  const TemporaryFolder folder;
  const auto generator = make_task("stories")->generator();
  std::uint64_t index = 0;
  while (!generator->group(1, index, {.twin = true}).twin) ++index;
  const Twin twin = *generator->group(1, index, {.twin = true}).twin;
  const auto excluded = excluding("stories", folder.file("held_out.json", to_text({twin.example})));
  const ExampleGroup found = excluded->group(1, index, {.twin = true});
  EXPECT_EQ(found.example.question, generator->generate(1, index).question);
  EXPECT_FALSE(found.twin);
}

TEST(Exclusion, SaysWhenNothingIsLeft) {
  const TemporaryFolder folder;
  const auto all = generated(*make_task("blocksworld-4")->generator(), 1, 20000);
  const auto excluded = excluding("blocksworld-4", folder.file("all.json", to_text(all)));
  EXPECT_NE(test::message_of([&] { excluded->generate(2, 0); }).find("not excluded"), std::string::npos);
}

TEST(Exclusion, AMissingFileIsAnError) { EXPECT_THROW(excluding("prosqa", "no/such/file.json"), Error); }

}  // namespace
}  // namespace noema
