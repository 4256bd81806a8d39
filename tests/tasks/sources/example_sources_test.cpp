#include "tasks/sources/example_sources.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace noema {
namespace {

constexpr std::uint64_t kDraws = 2000;

std::map<std::string, double> shares(const ExampleSource& source) {
  std::map<std::string, double> shares;
  for (std::uint64_t i = 0; i < kDraws; ++i) {
    shares[source.get(i).example.extra.at("family").get<std::string>()] += 1.0 / static_cast<double>(kDraws);
  }
  return shares;
}

TEST(GeneratedSource, IsTheStreamOfItsSeed) {
  const auto generator = make_task("prosqa-small")->generator();
  const auto source = make_generated_source(generator, 7);
  for (std::uint64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(source->get(i).example.question, generator->generate(7, i).question);
    EXPECT_TRUE(source->get(i).siblings.empty()) << "none was asked for";
    EXPECT_FALSE(source->get(i, {.siblings = 2}).siblings.empty());
  }
}

class WeightedSourceTest : public testing::Test {
 protected:
  ExampleSourcePtr all_ = make_generated_source(make_task("stories")->generator(), 7);
};

TEST_F(WeightedSourceTest, FamiliesComeAsOftenAsTheirWeightsSay) {
  const auto source = make_weighted_source(all_, {{"count", 4.0}, {"time", 0.5}}, 1);
  const std::map<std::string, double> found = shares(*source);
  const double all = 4.0 + 0.5 + 3.0;
  EXPECT_NEAR(found.at("count"), 4.0 / all, 0.04);
  EXPECT_NEAR(found.at("time"), 0.5 / all, 0.02);
  EXPECT_NEAR(found.at("where"), 1.0 / all, 0.03);
}

TEST_F(WeightedSourceTest, ANumberAlwaysGivesTheSameExampleAndItsTwin) {
  const auto source = make_weighted_source(all_, {{"count", 3.0}}, 1);
  std::size_t twins = 0;
  for (std::uint64_t i = 0; i < 80; ++i) {
    const auto [example, twin, siblings] = source->get(i, {.twin = true});
    EXPECT_EQ(example.question, source->get(i).example.question);
    EXPECT_FALSE(source->get(i).twin) << "it was not asked for";
    if (!twin) continue;
    ++twins;
    EXPECT_EQ(twin->example.extra.at("family"), example.extra.at("family"));
    EXPECT_EQ(twin->example.steps.size(), example.steps.size());
  }
  EXPECT_GT(twins, 10u);
}

TEST_F(WeightedSourceTest, AFamilyThatThereIsNotIsAnError) {
  try {
    make_weighted_source(all_, {{"cuont", 3.0}}, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"count\"?"), std::string::npos) << error.what();
  }
}

TEST(AnswersSource, LeavesNothingOfTheReasoningButTheAnswer) {
  for (const char* name : {"stories", "prosqa", "blocksworld"}) {
    const std::shared_ptr<const Task> task = make_task(name);
    const ExampleSourcePtr whole = make_generated_source(task->generator(), 7);
    const auto answers = make_answers_source(whole, task);
    for (std::uint64_t i = 0; i < 20; ++i) {
      const auto [example, twin, siblings] = answers->get(i, {.twin = true, .siblings = 3});
      const auto reasoning = task->reasoning(example);
      ASSERT_EQ(reasoning.size(), 1U) << name;
      EXPECT_EQ(reasoning.front(), task->reasoning(whole->get(i).example).back());
      EXPECT_TRUE(task->is_right(example, *task->answer_in(reasoning.front())));
      EXPECT_FALSE(twin);
      for (const Example& sibling : siblings) EXPECT_EQ(task->reasoning(sibling).size(), 1U) << name;
      EXPECT_EQ(siblings.empty(), std::string(name) != "prosqa");
    }
  }
}

}  // namespace
}  // namespace noema
