#include "tasks/floors.h"

#include <gtest/gtest.h>

#include <map>

namespace noema {
namespace {

std::map<std::string, Floor> floors(const std::string& name, const std::vector<Example>& examples) {
  std::map<std::string, Floor> by_rule;
  for (Floor& floor : floors_of(*make_task(name), examples)) by_rule[floor.rule] = floor;
  return by_rule;
}

std::vector<Example> generated(const std::string& name, std::uint64_t count) {
  std::vector<Example> examples;
  for (std::uint64_t i = 0; i < count; ++i) examples.push_back(make_task(name)->generator()->generate(5, i));
  return examples;
}

TEST(Floors, TheMostFrequentAnswerIsThereForEveryTask) {
  const auto found = floors("questions", {{"a?", {}, "5"}, {"b?", {}, "4"}, {"c?", {}, "5.0"}, {"d?", {}, " 5 "}});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found.at("majority answer").n, 4);
  EXPECT_EQ(found.at("majority answer").accuracy, 0.75);
  EXPECT_EQ(found.at("majority answer").right[1], false);
  EXPECT_TRUE(floors("questions", {}).empty());
}

TEST(Floors, OfTwoCandidatesChanceTakesTheRightOneHalfOfTheTime) {
  const auto found = floors("prosqa", generated("prosqa", 20));
  EXPECT_EQ(found.at("chance").n, 20);
  EXPECT_EQ(found.at("chance").accuracy, 0.5);
  EXPECT_TRUE(found.at("chance").right.empty());
}

TEST(Floors, ProsqasCandidatesAreToldApartByDepthUnlessTheyAreMatched) {
  const auto plain = floors("prosqa", generated("prosqa", 300));
  EXPECT_GT(plain.at("deeper candidate").accuracy, 0.85);
  EXPECT_GT(plain.at("deeper, or more above it").accuracy, 0.85);
  EXPECT_GT(plain.at("fewer parents").accuracy, 0.5);
  for (const auto& [rule, floor] : floors("prosqa-matched", generated("prosqa-matched", 600))) {
    EXPECT_LT(floor.accuracy, 0.56) << rule;
  }
}

TEST(Floors, ProsqasRulesLookAtTheTextAlone) {
  const std::string statements = "Tom is a a. Every a is a b. Ann is a c. Every b is a d. Ann is a d. ";
  const auto answer = [&](const std::string& rule, const std::string& asked) -> std::string {
    for (const Rule& one : make_task("prosqa")->rules()) {
      if (one.name == rule) return one.answer({statements + asked, {}, ""}).value_or("none");
    }
    return "no such rule";
  };
  EXPECT_EQ(answer("deeper candidate", "Is Tom a c or b?"), "Tom is a b.");
  EXPECT_EQ(answer("deeper candidate", "Is Ann a c or b?"), "Ann is a b.") << "whoever is asked about";
  EXPECT_EQ(answer("deeper candidate", "Is Ann a c or a?"), "Ann is a c.") << "the first of two as deep";
  EXPECT_EQ(answer("deeper, or more above it", "Is Ann a c or d?"), "Ann is a d.");
  EXPECT_EQ(answer("fewer parents", "Is Ann a d or c?"), "Ann is a c.");
  EXPECT_EQ(answer("fewer parents", "Who is Ann?"), "none");
}

TEST(Floors, BlocksworldsClosedFormIsNearlyAlwaysRight) {
  const std::string rule = "misplaced blocks, twice above a common one";
  for (const char* task : {"blocksworld-4", "blocksworld-5", "blocksworld"}) {
    const double accuracy = floors(task, generated(task, 300)).at(rule).accuracy;
    EXPECT_GT(accuracy, task == std::string("blocksworld") ? 0.9 : 0.98) << task;
  }
  const Example exchange = {
      "Initial state: A is on the table, B is on A, C is on the table, D is on C. Goal state: A is "
      "on the table, B is on C, C is on the table, D is on A.",
      {},
      "3"};
  EXPECT_EQ(floors("blocksworld-4", {exchange}).at(rule).accuracy, 0.0) << "one of the two is in the other's way";
}

TEST(Floors, AQuestionThatARuleCannotReadIsNotCounted) {
  std::vector<Example> examples = generated("blocksworld-4", 3);
  examples.push_back({"How many blocks?", {}, "4"});
  const Floor floor = floors("blocksworld-4", examples).at("misplaced blocks, twice above a common one");
  EXPECT_EQ(floor.n, 3);
  EXPECT_FALSE(floor.right.back());
}

TEST(Units, AreStartStatesAndStatements) {
  const std::string start = "Initial state: A is on B, B is on the table. Goal state: ";
  const auto blocks = make_task("blocksworld");
  const auto unit = blocks->unit({start + "A is on the table, B is on A.", {}, ""});
  ASSERT_TRUE(unit);
  EXPECT_EQ(unit, blocks->unit({start + "A is on the table, B is on the table.", {}, ""}));
  EXPECT_NE(
      unit,
      blocks->unit({"Initial state: A is on the table, B is on A. Goal state: A is on B, B is on the table.", {}, ""}));
  const auto prosqa = make_task("prosqa");
  EXPECT_EQ(prosqa->unit({"Tom is a x. Ann is a y. Is Tom a x or y?", {}, ""}),
            prosqa->unit({"Ann is a y. Tom is a x. Is Ann a x or y?", {}, ""}));
  EXPECT_NE(prosqa->unit({"Tom is a x. Is Tom a x or y?", {}, ""}),
            prosqa->unit({"Tom is a y. Is Tom a x or y?", {}, ""}));
  EXPECT_FALSE(prosqa->unit({"Who?", {}, ""}));
  EXPECT_FALSE(make_task("stories")->unit({"Who?", {}, ""}));
}

}  // namespace
}  // namespace noema
