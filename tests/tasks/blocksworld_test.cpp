#include "tasks/blocksworld.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace noema {
namespace {

using Steps = std::vector<std::string>;

const char* kBlocks =
    "In the Blocksworld domain, blocks can be stacked on top of each other or placed on the table. Only one block can "
    "be moved at a time, and only clear (unblocked) blocks can be moved. Given the initial configuration and the goal "
    "configuration, what is the minimum number of moves required to reach the goal? Initial state: A is on C, B is on "
    "the table, C is on E, D is on B, E is on the table, F is on the table, G is on F. Goal state: A is on D, B is on "
    "the table, C is on A, D is on G, E is on C, F is on E, G is on the table.";
const Steps kPlan = {"<<Move G from F to the table>>",
                     "<<Move D from B to G>>",
                     "<<Move A from C to D>>",
                     "<<Move C from E to A>>",
                     "<<Move E from the table to C>>",
                     "<<Move F from the table to E>>",
                     "The answer is: 6"};

TEST(Blocksworld, KeepsItsWording) {
  const Example example = make_blocksworld_task()->generator()->generate(1, 0);
  EXPECT_EQ(example.question, kBlocks);
  EXPECT_EQ(example.steps, kPlan);
  EXPECT_EQ(example.answer, "6");
}

TEST(Blocksworld, IsAFunctionOfSeedAndIndex) {
  const auto task = make_blocksworld_task();
  EXPECT_EQ(task->generator()->generate(3, 7).question, make_blocksworld_task()->generator()->generate(3, 7).question);
  EXPECT_NE(task->generator()->generate(3, 7).question, task->generator()->generate(4, 7).question);
  EXPECT_NE(task->generator()->generate(3, 7).question, task->generator()->generate(3, 8).question);
}

TEST(Blocksworld, HintsTellThePlanBlockByBlock) {
  using Pieces = std::vector<std::pair<std::string, double>>;
  const auto task = make_blocksworld_task({.blocks = 3});
  const std::string start = "A is on the table, B is on A, C is on B.",
                    goal = "A is on B, B is on the table, C is on A.";
  const Example example = {"Initial state: " + start + " Goal state: " + goal,
                           {"<<Move C from B to the table>>", "<<Move B from A to the table>>",
                            "<<Move A from the table to B>>", "<<Move C from the table to A>>", "The answer is: 4"},
                           "4"};
  std::vector<std::string> told;
  std::vector<Pieces> thought;
  std::size_t begin = 0;
  for (const Hint& hint : task->hints(example)) {
    told.push_back(example.question.substr(begin, hint.end - begin));
    thought.push_back(hint.pieces);
    begin = hint.end;
  }
  EXPECT_EQ(told, (Steps{"Initial state: A is on the table,", " B is on A,", " C is on B.", " Goal state: A is on B,",
                         " B is on the table,", " C is on A."}));
  EXPECT_EQ(thought, (std::vector<Pieces>{{{"B>>", 1.0}, {"<<Move C", 1.0}},
                                          {{"the table>>", 1.0}, {"<<Move A", 1.0}},
                                          {{"the table>>", 1.0}, {"<<Move B", 1.0}},
                                          {{"<<Move C", 1.0}},
                                          {{"<<Move A", 1.0}},
                                          {{"The answer is:", 1.0}}}));
  EXPECT_TRUE(task->hints({"Is this a question?", {}, ""}).empty());
}

TEST(Blocksworld, OnlyPlansThatReachTheGoalGiveHints) {
  const auto task = make_blocksworld_task({.blocks = 2});
  const std::string question = "Initial state: A is on the table, B is on A. Goal state: A is on B, B is on the table";
  const std::string first = "<<Move B from A to the table>>", second = "<<Move A from the table to B>>";
  const std::vector<Hint> hints = task->hints({question, {first, second}, "2"});
  ASSERT_EQ(hints.size(), 4u);
  EXPECT_EQ(hints.back().end, question.size());  // no full stop there
  for (const Steps& steps : {Steps{"<<Move Z from A to B>>"}, Steps{second, first}, Steps{first, "What?"}, Steps{}}) {
    EXPECT_TRUE(task->hints({question, steps, "2"}).empty());
  }
}

TEST(Blocksworld, PlansAreAsLongAsThoseOfAllPairsOfStates) {
  // Of 40,000 pairs of states (`noema data blocksworld --count 40000 --seed 99`). The public set pairs 20 states: its
  // mean, 8.22, is that of a small sample.
  const std::map<int, double> shares = {{4, 0.018}, {5, 0.061},  {6, 0.137},  {7, 0.220}, {8, 0.233},
                                        {9, 0.176}, {10, 0.102}, {11, 0.040}, {12, 0.009}};
  const auto task = make_blocksworld_task();
  std::map<int, int> lengths;
  double mean = 0;
  constexpr int kCount = 4000;
  for (int index = 0; index < kCount; ++index) {
    const Example example = task->generator()->generate(1, static_cast<std::uint64_t>(index));
    ++lengths[std::stoi(example.answer)];
    mean += std::stod(example.answer) / kCount;
  }
  EXPECT_NEAR(mean, 7.74, 0.1);
  for (const auto& [length, share] : shares) {
    EXPECT_NEAR(static_cast<double>(lengths[length]) / kCount, share, 0.02) << length;
  }
}

TEST(Blocksworld, AcceptsOptimalPlansAndRefusesOthers) {
  const auto task = make_blocksworld_task({.blocks = 5});
  for (std::uint64_t index = 0; index < 200; ++index) {
    const Example example = task->generator()->generate(2, index);
    EXPECT_EQ(task->is_valid(example, example.steps), true);
    for (std::size_t dropped = 0; dropped + 1 < example.steps.size(); ++dropped) {
      Steps steps = example.steps;
      steps.erase(steps.begin() + static_cast<std::ptrdiff_t>(dropped));
      EXPECT_EQ(task->is_valid(example, steps), false);
    }
  }
}

TEST(Blocksworld, ChecksEveryMove) {
  const auto task = make_blocksworld_task();
  const Example example{kBlocks, kPlan, "6"};
  EXPECT_EQ(task->is_valid(example, kPlan), true);
  Steps other_optimum = kPlan;
  std::swap(other_optimum[4], other_optimum[3]);
  EXPECT_EQ(task->is_valid(example, other_optimum), false);  // E is still under C
  Steps steps = kPlan;
  steps[0] = "<<Move G from the table to F>>";
  EXPECT_EQ(task->is_valid(example, steps), false);  // G stands on F
  steps[0] = "Move G from F to the table";
  EXPECT_EQ(task->is_valid(example, steps), false);
  steps = kPlan;
  steps.insert(steps.begin() + 1, {"<<Move A from C to G>>", "<<Move A from G to C>>"});
  EXPECT_EQ(task->is_valid(example, steps), false);  // reaches the goal, but by a detour
  EXPECT_EQ(task->is_valid(example, {}), false);
  EXPECT_EQ(task->is_valid({"What is this?", {}, "6"}, kPlan), std::nullopt);
}

TEST(Blocksworld, AnyOptimalPlanWillDo) {
  const std::string question =
      "Initial state: A is on B, B is on the table, C is on D, D is on the table. Goal state: A is "
      "on the table, B is on the table, C is on the table, D is on the table.";
  const auto task = make_blocksworld_task();
  const Example example{question, {}, "2"};
  EXPECT_EQ(task->is_valid(example, {"<<Move A from B to the table>>", "<<Move C from D to the table>>"}), true);
  EXPECT_EQ(task->is_valid(example, {"<<Move C from D to the table>>", "<<Move A from B to the table>>"}), true);
}

TEST(Blocksworld, ReadsAndJudgesTheAnswer) {
  const auto task = make_blocksworld_task();
  const Example example{kBlocks, {kPlan[0]}, "6"};
  EXPECT_EQ(task->answer_in("The answer is: 6"), "6");
  EXPECT_FALSE(task->answer_in("<<Move G from F to the table>>"));
  EXPECT_TRUE(task->is_right(example, "6."));
  EXPECT_FALSE(task->is_right(example, "7"));
  EXPECT_EQ(task->reasoning(example), (Steps{kPlan[0], "The answer is: 6"}));
}

TEST(Blocksworld, IdentityIgnoresTheLetters) {
  const auto task = make_blocksworld_task();
  const auto identity = [&](const std::string& start, const std::string& goal) {
    return task->identity({"Initial state: " + start + ". Goal state: " + goal + ".", {}, "1"});
  };
  const std::string flat = "A is on the table, B is on the table";
  EXPECT_EQ(identity(flat, "A is on B, B is on the table"), identity(flat, "A is on the table, B is on A"));
  EXPECT_NE(identity(flat, "A is on B, B is on the table"), identity("A is on B, B is on the table", flat));
}

TEST(Blocksworld, SurvivesHostileQuestions) {
  const auto task = make_blocksworld_task();
  for (const std::string question :
       {"", "Initial state: . Goal state: .", "Initial state: A is on A. Goal state: A is on the table.",
        "Initial state: A is on B, B is on A. Goal state: A is on B, B is on the table.",
        "Goal state: A is on the table. Initial state: A is on the table.",
        "Initial state: B is on the table. Goal state: B is on the table.",
        "Initial state: A is on Z. Goal state: A is on Z."}) {
    EXPECT_EQ(task->is_valid({question, {}, "0"}, {}), std::nullopt) << question;
    EXPECT_EQ(task->identity({question, {}, "0"}), question);
  }
}

TEST(Blocksworld, RefusesOptionsOutOfRange) {
  EXPECT_THROW(make_blocksworld_task({.blocks = 1}), Error);
  EXPECT_THROW(make_blocksworld_task({.blocks = 11}), Error);
  EXPECT_NE(make_blocksworld_task({.blocks = 4})->generator()->generate(1, 1).question.find("D is on"),
            std::string::npos);
}

}  // namespace
}  // namespace noema
