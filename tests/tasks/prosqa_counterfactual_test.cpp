#include <gtest/gtest.h>

#include "tasks/task.h"

namespace noema {
namespace {

using Steps = std::vector<std::string>;

std::optional<Example> counterfactual(const std::string& question) {
  return make_task("prosqa")->counterfactual({question, {}, ""});
}

TEST(ProsqaCounterfactual, AsksAboutWhoReachesTheOtherCandidate) {
  const std::string statements =
      "Tom is a a. Every a is a b. Ann is a c. Every c is a e. Every c is a d. Every d is a f. Every e is a f. ";
  const auto other = counterfactual(statements + "Is Tom a f or b?");
  ASSERT_TRUE(other);
  EXPECT_EQ(other->question, statements + "Is Ann a f or b?");
  EXPECT_EQ(other->answer, "Ann is a f.");
  EXPECT_EQ(other->steps, (Steps{"Ann is a c.", "Every c is a d.", "Every d is a f."})) << "the first by name";
}

TEST(ProsqaCounterfactual, PrefersAProofAsLong) {
  const std::string statements = "Tom is a a. Every a is a b. Ann is a x. Bob is a y. Every y is a x. ";
  EXPECT_EQ(counterfactual(statements + "Is Tom a b or x?")->answer, "Bob is a x.");
  EXPECT_EQ(counterfactual(statements + "Is Tom a a or x?")->answer, "Ann is a x.");
  EXPECT_EQ(counterfactual("Tom is a a. Ann is a c. Bob is a Ann. Is Tom a a or c?")->answer, "Bob is a c.")
      << "nobody is a person";
}

TEST(ProsqaCounterfactual, ThereIsNoneWithoutSuchAPerson) {
  EXPECT_FALSE(counterfactual("Tom is a a. Every b is a c. Is Tom a a or c?")) << "kinds are not people";
  EXPECT_FALSE(counterfactual("Tom is a a. Ann is a a. Ann is a c. Is Tom a a or c?")) << "Ann reaches both";
  EXPECT_FALSE(counterfactual("Tom is a a. Tom is a c. Ann is a c. Is Tom a a or c?")) << "both are right";
  EXPECT_FALSE(counterfactual("Ann is a c. Is Tom a a or c?")) << "neither is right";
  EXPECT_FALSE(counterfactual("Who is Tom?"));
  EXPECT_FALSE(make_task("stories")->counterfactual({"Who is Tom?", {}, ""}));
}

TEST(ProsqaCounterfactual, OfGeneratedQuestionsIsAQuestionAsGoodAsTheFirst) {
  const auto task = make_task("prosqa-matched");
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Example example = task->generator()->generate(3, index);
    const auto other = task->counterfactual(example);
    ASSERT_TRUE(other) << example.question;
    EXPECT_NE(other->answer.substr(0, other->answer.find(' ')), example.answer.substr(0, example.answer.find(' ')));
    EXPECT_EQ(task->is_valid(*other, other->steps), true) << other->question;
    EXPECT_EQ(task->unit(*other), task->unit(example));
    const auto& symbols = other->extra.at("idx_to_symbol");
    EXPECT_EQ(other->answer, symbols.at(other->extra.at("root").get<std::size_t>()).get<std::string>() + " is a " +
                                 symbols.at(other->extra.at("target").get<std::size_t>()).get<std::string>() + ".");
    const auto again = task->counterfactual(*other);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->answer.substr(again->answer.find(' ')), example.answer.substr(example.answer.find(' ')));
  }
}

TEST(ProsqaCounterfactual, OfTheSamePersonHasTheGeneratorsProof) {
  const auto task = make_task("prosqa-matched");
  std::size_t same = 0;
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Example example = task->generator()->generate(4, index);
    const auto again = task->counterfactual(*task->counterfactual(example));
    if (!again || again->question != example.question) continue;  // a third person reaches as much
    EXPECT_EQ(again->steps, example.steps);
    EXPECT_EQ(again->answer, example.answer);
    ++same;
  }
  EXPECT_GT(same, 10u);
}

}  // namespace
}  // namespace noema
