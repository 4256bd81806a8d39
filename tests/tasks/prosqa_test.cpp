#include "tasks/prosqa.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/error.h"
#include "base/random.h"

namespace noema {
namespace {

using Steps = std::vector<std::string>;

const char* kTomQuestion =
    "Tom is a terpus. Every terpus is a brimpus. Every brimpus is a lempus. Every terpus is a gerpus. "
    "Every gerpus is a brimpus. Alex is a rorpus. Every rorpus is a scrompus. Every lempus is a zumpus. "
    "Is Tom a lempus or scrompus?";
const Example kExample{
    kTomQuestion, {"Tom is a terpus.", "Every terpus is a brimpus.", "Every brimpus is a lempus."}, "Tom is a lempus."};

TEST(Prosqa, KeepsItsWording) {
  const Example example = make_prosqa_task()->generator()->generate(1, 0);
  EXPECT_EQ(example.question.substr(0, 66), "Sam is a timpus. Wren is a shumpus. Every gwompus is a grimpus. Wr");
  EXPECT_EQ(example.question.substr(example.question.size() - 28), " Is Sam a storpus or zumpus?");
  EXPECT_EQ(example.steps, (Steps{"Sam is a gwompus.", "Every gwompus is a yimpus.", "Every yimpus is a chorpus.",
                                  "Every chorpus is a storpus."}));
  EXPECT_EQ(example.answer, "Sam is a storpus.");
}

TEST(Prosqa, IsAFunctionOfSeedAndIndex) {
  const auto task = make_prosqa_task();
  EXPECT_EQ(task->generator()->generate(3, 7).question, make_prosqa_task()->generator()->generate(3, 7).question);
  EXPECT_NE(task->generator()->generate(3, 7).question, task->generator()->generate(4, 7).question);
  EXPECT_NE(task->generator()->generate(3, 7).question, task->generator()->generate(3, 8).question);
}

TEST(Prosqa, ExtraHoldsTheGraphOfTheQuestion) {
  const auto task = make_prosqa_task();
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Example example = task->generator()->generate(1, index);
    const auto symbols = example.extra["idx_to_symbol"].get<Steps>();
    const auto symbol = [&](const char* field) { return symbols.at(example.extra[field].get<std::size_t>()); };
    for (const auto& edge : example.extra["edges"]) {
      const std::string from = symbols.at(edge[0].get<std::size_t>()), to = symbols.at(edge[1].get<std::size_t>());
      const std::string every = std::islower(static_cast<unsigned char>(from[0])) ? "Every " : "";
      EXPECT_NE((" " + example.question).find(" " + every + from + " is a " + to + "."), std::string::npos);
    }
    EXPECT_EQ(static_cast<std::size_t>(std::count(example.question.begin(), example.question.end(), '.')),
              example.extra["edges"].size());
    EXPECT_EQ(example.answer, symbol("root") + " is a " + symbol("target") + ".");
    const std::string asked = "Is " + symbol("root") + " a ";
    const std::string one = asked + symbol("target") + " or " + symbol("neg_target") + "?";
    const std::string other = asked + symbol("neg_target") + " or " + symbol("target") + "?";
    EXPECT_TRUE(example.question.ends_with(one) || example.question.ends_with(other));
  }
}

/// From `symbol` on, the proof of `wanted` statements whose kinds come first; nothing where there is none.
std::optional<Steps> first_proof(const Steps& statements, const std::string& symbol, const std::string& target,
                                 std::size_t wanted) {
  if (wanted == 0) return symbol == target ? std::optional<Steps>(Steps{}) : std::nullopt;
  for (const std::string& statement : statements) {  // sorted
    const std::string of = symbol + " is a ", every = "Every " + of;
    const std::string& start = statement.starts_with(every) ? every : of;
    if (!statement.starts_with(start)) continue;
    const std::string kind = statement.substr(start.size(), statement.size() - start.size() - 1);
    if (auto proof = first_proof(statements, kind, target, wanted - 1)) {
      proof->insert(proof->begin(), statement);
      return proof;
    }
  }
  return std::nullopt;
}

TEST(Prosqa, OfSeveralShortestProofsTheFirstByNameIsLearnt) {
  const auto task = make_prosqa_task();
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Example example = task->generator()->generate(4, index);
    Steps statements;
    for (std::size_t begin = 0, end; (end = example.question.find('.', begin)) != std::string::npos; begin = end + 2) {
      statements.push_back(example.question.substr(begin, end + 1 - begin));
    }
    std::sort(statements.begin(), statements.end());
    const auto symbol = [&](const char* field) {
      return example.extra.at("idx_to_symbol").at(example.extra.at(field).get<std::size_t>()).get<std::string>();
    };
    for (std::size_t shorter = 0; shorter < example.steps.size(); ++shorter) {
      EXPECT_FALSE(first_proof(statements, symbol("root"), symbol("target"), shorter));
    }
    EXPECT_EQ(first_proof(statements, symbol("root"), symbol("target"), example.steps.size()), example.steps);
  }
}

TEST(Prosqa, HintsTellWhatAStatementLeadsTo) {
  using Weights = std::map<std::string, double>;
  const std::string question = kTomQuestion;
  std::map<std::string, Weights> thought;  // by statement
  std::size_t begin = 0;
  for (const Hint& hint : make_prosqa_task()->hints(kExample)) {
    thought[question.substr(begin, hint.end - begin)] = Weights(hint.pieces.begin(), hint.pieces.end());
    begin = hint.end + 1;
  }
  EXPECT_EQ(thought.size(), static_cast<std::size_t>(std::count(question.begin(), question.end(), '.')));
  EXPECT_EQ(thought.at("Every brimpus is a lempus."), (Weights{{"lempus", 1.0}, {"zumpus", 0.5}}));
  EXPECT_EQ(thought.at("Every terpus is a gerpus."),
            (Weights{{"gerpus", 1.0}, {"brimpus", 0.5}, {"lempus", 1.0}, {"zumpus", 0.125}}));
  EXPECT_EQ(thought.at("Alex is a rorpus."), (Weights{{"rorpus", 1.0}, {"scrompus", 1.0}}));
  EXPECT_EQ(thought.at("Every lempus is a zumpus."), (Weights{{"zumpus", 1.0}}));
  EXPECT_TRUE(make_prosqa_task()->hints({"Is this a question?", {}, ""}).empty());
}

TEST(Prosqa, SiblingsAskAboutTheSameStatements) {
  const auto task = make_prosqa_task();
  std::size_t count = 0;
  for (std::uint64_t index = 0; index < 20; ++index) {
    const std::string question = task->generator()->generate(1, index).question;
    const std::string statements = question.substr(0, question.find(" Is ") + 1);
    for (const Example& sibling : task->generator()->group(1, index, {.siblings = 8}).siblings) {
      ++count;
      EXPECT_TRUE(sibling.question.starts_with(statements + "Is ")) << sibling.question;
      EXPECT_EQ(task->is_valid(sibling, sibling.steps), true) << sibling.question;
      EXPECT_LE(sibling.steps.size(), 6u);
    }
  }
  EXPECT_GT(count, 120u);
}

TEST(Prosqa, TheAnswerIsTheLastSentence) {
  const auto task = make_prosqa_task();
  const Steps sentences = task->reasoning(kExample);
  ASSERT_EQ(sentences.size(), 4u);
  EXPECT_EQ(sentences.back(), "### Tom is a lempus.");
  EXPECT_EQ(task->answer_in(sentences.back()), "Tom is a lempus.");
  EXPECT_FALSE(task->answer_in(sentences[0]));
  EXPECT_TRUE(task->is_right(kExample, "tom is a lempus"));
  EXPECT_FALSE(task->is_right(kExample, "Tom is a scrompus."));
  Example with_answer = kExample;
  with_answer.steps = sentences;
  EXPECT_EQ(task->reasoning(with_answer), sentences);
}

TEST(Prosqa, AcceptsProofsAndRefusesMutatedOnes) {
  const auto task = make_prosqa_task();
  for (std::uint64_t index = 0; index < 200; ++index) {
    const Example example = task->generator()->generate(2, index);
    EXPECT_EQ(task->is_valid(example, example.steps), true);
    EXPECT_EQ(task->is_valid(example, task->reasoning(example)), true);
    for (std::size_t i = 0; i < example.steps.size(); ++i) {
      Steps dropped = example.steps;
      dropped.erase(dropped.begin() + static_cast<std::ptrdiff_t>(i));
      EXPECT_EQ(task->is_valid(example, dropped), false);
      Steps swapped = example.steps;
      std::swap(swapped[i], swapped[(i + 1) % swapped.size()]);
      EXPECT_EQ(task->is_valid(example, swapped), false);
    }
  }
}

TEST(Prosqa, ChecksEveryStatement) {
  const auto task = make_prosqa_task();
  const auto valid = [&](const Steps& steps) { return task->is_valid(kExample, steps); };
  EXPECT_EQ(valid({"Tom is a terpus.", "Every terpus is a gerpus.", "Every gerpus is a brimpus.",
                   "Every brimpus is a lempus.", "### Tom is a lempus."}),
            true);                                                             // longer than need be
  EXPECT_EQ(valid({"Tom is a terpus.", "Every terpus is a lempus."}), false);  // not in the question
  EXPECT_EQ(valid({"Every Tom is a terpus.", "Every terpus is a brimpus.", "Every brimpus is a lempus."}), false);
  EXPECT_EQ(valid({"Tom is a terpus.", "Every terpus is a brimpus."}), false);  // stops early
  EXPECT_EQ(valid({"Tom is a terpus.", "Every terpus is a brimpus.", "Every brimpus is a lempus.",
                   "Every lempus is a zumpus."}),
            false);  // goes on
  EXPECT_EQ(valid({"Alex is a rorpus.", "Every rorpus is a scrompus."}), false);
  EXPECT_EQ(valid({"Tom is a lempus."}), false);
  EXPECT_EQ(valid({"nonsense"}), false);
  EXPECT_EQ(valid({}), false);
  EXPECT_EQ(task->is_valid({"What is this?", {}, "Tom is a lempus."}, kExample.steps), std::nullopt);
}

/// The question with its statements, its candidates and its symbols in another order.
Example shuffled_and_renamed(const Example& example, Random& random) {
  const auto symbols = example.extra["idx_to_symbol"].get<Steps>();
  const auto text = [](const std::string& symbol) { return symbol.substr(0, 1) + "x" + symbol; };
  Steps statements;
  for (const auto& edge : example.extra["edges"]) {
    const std::string from = symbols.at(edge[0].get<std::size_t>()), to = symbols.at(edge[1].get<std::size_t>());
    const bool every = std::islower(static_cast<unsigned char>(from[0])) != 0;
    statements.push_back((every ? "Every " : "") + text(from) + " is a " + text(to) + ". ");
  }
  random.shuffle(statements);
  Example other;
  for (const std::string& statement : statements) other.question += statement;
  const auto symbol = [&](const char* field) { return text(symbols.at(example.extra[field].get<std::size_t>())); };
  other.question += "Is " + symbol("root") + " a " + symbol("target") + " or " + symbol("neg_target") + "?";
  return other;
}

TEST(Prosqa, IdentityIsThatOfTheGraph) {
  const auto task = make_prosqa_task();
  Random random(1);
  for (std::uint64_t index = 0; index < 100; ++index) {
    const Example example = task->generator()->generate(4, index);
    EXPECT_EQ(task->identity(example), task->identity(shuffled_and_renamed(example, random)));
    EXPECT_NE(task->identity(example), task->identity(task->generator()->generate(4, index + 1)));
    Example shorter = example;
    shorter.question.erase(0, shorter.question.find(". ") + 2);
    EXPECT_NE(task->identity(example), task->identity(shorter));
  }
}

TEST(Prosqa, SurvivesHostileQuestions) {
  const auto task = make_prosqa_task();
  for (const std::string question : {"", "Is Tom a x or y", ". Is Tom a x or y?", "Every a is a. Is Tom a x or y?",
                                     "Tom is a x. Is Tom a x or y? more", "Tom  is a x y. Is Tom a x or y?"}) {
    EXPECT_EQ(task->is_valid({question, {}, "Tom is a x."}, {"Tom is a x."}), std::nullopt) << question;
    EXPECT_FALSE(task->identity({question, {}, ""}).size() > question.size());
  }
  // A circle, and a question about itself.
  const Example circle{"Every a is a a. Every a is a b. Every b is a a. Is a a a or a?", {}, "a is a a."};
  EXPECT_EQ(task->is_valid(circle, {"Every b is a a."}), false);
  EXPECT_FALSE(task->identity(circle).empty());
  std::string many;
  for (int i = 0; i < 20000; ++i) many += "Every k" + std::to_string(i) + " is a k" + std::to_string(i + 1) + ". ";
  EXPECT_EQ(task->identity({many + "Is k0 a k5 or x?", {}, ""}).size(), 64u);
}

TEST(Prosqa, RefusesOptionsOutOfRange) {
  EXPECT_THROW(make_prosqa_task({.nodes = 5}), Error);
  EXPECT_THROW(make_prosqa_task({.nodes = 1000}), Error);
  EXPECT_THROW(make_prosqa_task({.in_degree = 0}), Error);
  EXPECT_THROW(make_prosqa_task({.min_hops = 4, .max_hops = 3}), Error);
  EXPECT_THROW(make_prosqa_task({.nodes = 6, .min_hops = 30, .max_hops = 30})->generator()->generate(1, 1), Error);
}

}  // namespace
}  // namespace noema
