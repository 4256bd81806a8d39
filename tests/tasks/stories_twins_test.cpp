// Twins: what follows from a step of the other story, and from nothing else.

#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "tasks/examples.h"
#include "tests/support/temporary_folder.h"
#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

struct Pair {
  Example example;
  Twin twin;
};

std::vector<Pair> twins_of(const std::string& family, std::size_t count) {
  const auto task = make_stories_task();
  std::vector<Pair> pairs;
  for (std::uint64_t index = 0; pairs.size() < count && index < 20'000; ++index) {
    ExampleGroup group = task->generator()->group(12, index, {.twin = true});
    if (group.twin && group.example.extra["family"] == family) pairs.push_back({group.example, *group.twin});
  }
  EXPECT_EQ(pairs.size(), count) << family;
  return pairs;
}

std::string after(const std::string& text, const std::string& mark) {
  const auto at = text.find(mark);
  return at == std::string::npos ? "" : text.substr(at + mark.size());
}

TEST(StoriesTwins, HaveAsManyStepsAndAnotherAnswer) {
  for (const std::string family : {"where", "count", "kinds"}) {
    for (const auto& [example, twin] : twins_of(family, 200)) {
      ASSERT_EQ(example.steps.size(), twin.example.steps.size());
      EXPECT_NE(example.question, twin.example.question);
      EXPECT_NE(example.answer, twin.example.answer);
      ASSERT_LT(twin.from + 1, example.steps.size());
      for (std::size_t i = twin.from; i < example.steps.size(); ++i) EXPECT_NE(example.steps[i], twin.example.steps[i]);
    }
  }
}

TEST(StoriesTwins, AThingStaysWhereTheTwinSaysItIs) {
  for (const auto& [example, twin] : twins_of("where", 300)) {
    for (std::size_t i = twin.from; i + 1 < example.steps.size(); ++i) {
      const std::string &mine = example.steps[i], &other = twin.example.steps[i];
      EXPECT_TRUE(mine.ends_with(" the " + example.answer + ".")) << mine;
      EXPECT_TRUE(other.ends_with(" the " + twin.example.answer + ".")) << other;
      const auto verb = std::min(mine.find(" is "), mine.find(" has "));
      EXPECT_EQ(mine.substr(0, verb), other.substr(0, verb));
    }
  }
}

TEST(StoriesTwins, TheSameChangesAreMadeToAnotherNumber) {
  for (const auto& [example, twin] : twins_of("count", 300)) {
    for (std::size_t i = 1; i + 1 < example.steps.size(); ++i) {
      const std::string& mine = example.steps[i];
      const std::string& other = twin.example.steps[i];
      EXPECT_EQ(mine.substr(0, mine.find(',')), other.substr(0, other.find(',')));
      const std::string before = twin.example.steps[i - 1];
      const std::string result = i == 1 ? after(before, " has ") : after(before, "= ");
      EXPECT_EQ(std::atoi(after(other, ", so ").c_str()), std::atoi(result.c_str())) << before << " " << other;
    }
  }
}

TEST(StoriesTwins, AWalkGoesOnFromTheOtherOneInTheSameStory) {
  for (const auto& [example, twin] : twins_of("kinds", 300)) {
    EXPECT_EQ(read_story(example.question).told, read_story(twin.example.question).told);
  }
}

TEST(StoriesTwins, AreKeptInFiles) {
  const TemporaryFolder folder;
  auto [example, twin] = twins_of("count", 1).front();
  keep_twin(example, twin);
  folder.file("twins.json", to_text({example}));
  const auto kept = kept_twin(read_examples(folder / "twins.json").front());
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->example.steps, twin.example.steps);
  EXPECT_EQ(kept->example.answer, twin.example.answer);
  EXPECT_EQ(kept->from, twin.from);
  EXPECT_FALSE(kept_twin(twin.example));

  example.extra["twin"]["steps"].erase(0);
  EXPECT_THROW(kept_twin(example), Error);
  example.extra["twin"] = "none";
  EXPECT_THROW(kept_twin(example), Error);
}

}  // namespace
}  // namespace noema::test
