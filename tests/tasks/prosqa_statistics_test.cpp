// Generated questions against the public validation set (300 questions), whose figures are the constants below.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tasks/prosqa.h"

namespace noema {
namespace {

/// The graph of one question.
struct Graph {
  explicit Graph(const Example& example)
      : symbols(example.extra["idx_to_symbol"].get<std::vector<std::string>>()),
        nodes(static_cast<int>(symbols.size())),
        root(example.extra["root"]),
        target(example.extra["target"]),
        neg_target(example.extra["neg_target"]) {
    for (const auto& edge : example.extra["edges"]) {
      children[edge[0]].push_back(edge[1]);
      parents[edge[1]].push_back(edge[0]);
      ++edges;
    }
  }

  /// The hops from a concept to those that are reached from it.
  std::map<int, int> hops_from(int start) const {
    std::map<int, int> hops = {{start, 0}};
    std::vector<int> queue = {start};
    for (std::size_t i = 0; i < queue.size(); ++i) {
      const auto found = children.find(queue[i]);
      if (found == children.end()) continue;
      for (const int next : found->second) {
        if (hops.emplace(next, hops[queue[i]] + 1).second) queue.push_back(next);
      }
    }
    return hops;
  }

  std::size_t parents_of(int node) const { return parents.contains(node) ? parents.at(node).size() : 0; }

  std::size_t statements_about(int node) const {
    return parents_of(node) + (children.contains(node) ? children.at(node).size() : 0);
  }

  /// Whether `forward` hops from the root, or these and one hop back from the node, meet.
  bool meets(int node, int forward) const {
    const auto hops = hops_from(root);
    const auto is_near = [&](int at) { return hops.contains(at) && hops.at(at) <= forward; };
    if (is_near(node)) return true;
    const auto found = parents.find(node);
    return found != parents.end() && std::any_of(found->second.begin(), found->second.end(), is_near);
  }

  std::vector<std::string> symbols;
  int nodes;
  int root, target, neg_target;
  int edges = 0;
  std::map<int, std::vector<int>> children, parents;
};

constexpr int kExamples = 2000;

class ProsqaStatistics : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    const auto task = make_prosqa_task();
    for (std::uint64_t index = 0; index < kExamples; ++index)
      examples().push_back(task->generator()->generate(9, index));
    for (const Example& example : examples()) graphs().emplace_back(example);
  }
  static void TearDownTestSuite() {
    examples().clear();
    graphs().clear();
  }

  static std::vector<Example>& examples() {
    static std::vector<Example> all;
    return all;
  }
  static std::vector<Graph>& graphs() {
    static std::vector<Graph> all;
    return all;
  }

  /// The mean of a number over all questions.
  static double mean(const auto& number) {
    double sum = 0;
    for (const Graph& graph : graphs()) sum += static_cast<double>(number(graph));
    return sum / kExamples;
  }
};

TEST_F(ProsqaStatistics, SizesAreThePublicOnes) {
  EXPECT_NEAR(mean([](const Graph& graph) { return graph.nodes; }), 22.82, 0.4);
  EXPECT_NEAR(mean([](const Graph& graph) { return graph.edges; }), 36.26, 1.0);
  EXPECT_NEAR(mean([](const Graph& graph) { return graph.nodes - static_cast<int>(graph.parents.size()); }), 2.51,
              0.12);
  for (const Graph& graph : graphs()) EXPECT_LE(graph.nodes, 28);
}

TEST_F(ProsqaStatistics, HopsAreThePublicOnes) {
  std::map<std::size_t, int> hops;
  for (const Example& example : examples()) ++hops[example.steps.size()];
  const std::map<std::size_t, double> shares = {{3, 0.41}, {4, 0.44}, {5, 0.12}, {6, 0.023}};
  EXPECT_EQ(hops.size(), shares.size());
  for (const auto& [count, share] : shares)
    EXPECT_NEAR(static_cast<double>(hops[count]) / kExamples, share, 0.05) << count;
  for (int i = 0; i < kExamples; ++i) {
    const auto& graph = graphs()[static_cast<std::size_t>(i)];
    const auto& example = examples()[static_cast<std::size_t>(i)];
    EXPECT_EQ(static_cast<std::size_t>(graph.hops_from(graph.root).at(graph.target)), example.steps.size());
  }
}

TEST_F(ProsqaStatistics, DegreesAreThePublicOnes) {
  std::map<std::size_t, double> in, out;
  double all = 0;
  for (const Graph& graph : graphs()) {
    for (int node = 0; node < graph.nodes; ++node) {
      ++all;
      ++in[graph.parents_of(node)];
      ++out[graph.children.contains(node) ? graph.children.at(node).size() : 0];
    }
  }
  const double public_in[] = {0.110, 0.437, 0.277, 0.124, 0.037, 0.012};
  const double public_out[] = {0.325, 0.233, 0.175, 0.138, 0.076, 0.034};
  for (std::size_t degree = 0; degree < 6; ++degree) {
    EXPECT_NEAR(in[degree] / all, public_in[degree], 0.015) << degree;
    EXPECT_NEAR(out[degree] / all, public_out[degree], 0.015) << degree;
  }
}

TEST_F(ProsqaStatistics, CandidatesDifferAsInThePublicSet) {
  EXPECT_NEAR(mean([](const Graph& graph) { return graph.parents_of(graph.target); }), 1.50, 0.12);
  EXPECT_NEAR(mean([](const Graph& graph) { return graph.parents_of(graph.neg_target); }), 2.09, 0.15);
  std::map<int, int> depths;
  for (const Graph& graph : graphs()) {
    EXPECT_FALSE(graph.children.contains(graph.target));
    EXPECT_FALSE(graph.children.contains(graph.neg_target));
    EXPECT_FALSE(graph.hops_from(graph.root).contains(graph.neg_target));
    ++depths[graph.hops_from(1 - graph.root).at(graph.neg_target)];
  }
  const double public_depths[] = {0, 0.210, 0.527, 0.240, 0.023};
  for (int depth = 1; depth <= 4; ++depth) {
    EXPECT_NEAR(static_cast<double>(depths[depth]) / kExamples, public_depths[depth], 0.06) << depth;
  }
}

TEST_F(ProsqaStatistics, ShortcutsAreWorthWhatTheyAreInThePublicSet) {
  const double fewer_parents = mean([](const Graph& graph) {
    const auto target = graph.parents_of(graph.target), other = graph.parents_of(graph.neg_target);
    return target < other ? 1.0 : target == other ? 0.5 : 0.0;
  });
  EXPECT_NEAR(fewer_parents, 0.667, 0.04);
  const auto meeting = [](int forward) {
    return mean([forward](const Graph& graph) { return graph.meets(graph.target, forward) ? 1.0 : 0.5; });
  };
  EXPECT_NEAR(meeting(2), 0.707, 0.03);
  EXPECT_NEAR(meeting(3), 0.928, 0.03);
}

TEST_F(ProsqaStatistics, SymbolsAndOrderAreNoHint) {
  std::map<std::string, int> uses, as_target;
  int first = 0;
  for (int i = 0; i < kExamples; ++i) {
    const Graph& graph = graphs()[static_cast<std::size_t>(i)];
    for (const std::string& symbol : graph.symbols) ++uses[symbol];
    const std::string target = graph.symbols[static_cast<std::size_t>(graph.target)];
    ++as_target[target];
    first +=
        examples()[static_cast<std::size_t>(i)].question.find(" a " + target + " or ") != std::string::npos ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(first) / kExamples, 0.5, 0.04);
  EXPECT_EQ(uses.size(), 17u + 38u);
  EXPECT_EQ(as_target.size(), 38u);
  for (const auto& [symbol, count] : as_target) EXPECT_NEAR(count, kExamples / 38.0, 30) << symbol;
}

TEST_F(ProsqaStatistics, StepsStandAnywhereInTheQuestion) {
  double positions = 0, steps = 0;
  for (const Example& example : examples()) {
    for (const std::string& step : example.steps) {
      // "Tom is a x." may also stand in front of the question's other sentences.
      const auto at = (" " + example.question).find(" " + step);
      positions += static_cast<double>(at) / static_cast<double>(example.question.size());
      ++steps;
    }
  }
  EXPECT_NEAR(positions / steps, 0.485, 0.02);
}

TEST(ProsqaSmall, IsSmaller) {
  const auto task = make_task("prosqa-small");
  double nodes = 0;
  constexpr int kSmallCount = 500;
  for (std::uint64_t index = 0; index < kSmallCount; ++index) {
    const Example example = task->generator()->generate(1, index);
    nodes += static_cast<double>(example.extra["idx_to_symbol"].size()) / kSmallCount;
    EXPECT_GE(example.steps.size(), 2u);
    EXPECT_LE(example.steps.size(), 3u);
  }
  EXPECT_NEAR(nodes, 12.4, 0.5);
}

/// Asked about the other person, the other candidate is right after as many statements: so whatever a rule says that
/// does not look at the person is right for one of the two.
void expect_mirrored(const Example& example) {
  const Graph graph(example);
  const auto of_root = graph.hops_from(graph.root), of_other = graph.hops_from(1 - graph.root);
  ASSERT_TRUE(of_root.contains(graph.target) && of_other.contains(graph.neg_target)) << example.question;
  EXPECT_EQ(of_root.at(graph.target), of_other.at(graph.neg_target)) << example.question;
  EXPECT_FALSE(of_root.contains(graph.neg_target) || of_other.contains(graph.target)) << example.question;
}

/// Shares of questions that rules get right which do not look at the person who is asked about.
TEST(ProsqaMatched, RulesThatPassOverThePersonAreWorthNothing) {
  const auto task = make_task("prosqa-matched");
  constexpr int kMatched = 600;
  std::map<std::string, double> right;
  std::map<std::size_t, int> lengths, nodes;  // by statements of the proof
  int first = 0;
  for (std::uint64_t index = 0; index < kMatched; ++index) {
    const Example example = task->generator()->generate(2, index);
    const Graph graph(example);
    ++lengths[example.steps.size()];
    EXPECT_EQ(task->is_valid(example, example.steps), true);
    expect_mirrored(example);
    first += graph.root == 0;
    nodes[example.steps.size()] += graph.nodes;
    const auto symbol = [&](int node) { return graph.symbols[static_cast<std::size_t>(node)]; };
    const auto rule = [&](const std::string& name, const auto& measure) {
      const auto of_right = measure(graph.target), of_other = measure(graph.neg_target);
      right[name] += of_right > of_other ? 1.0 : of_right == of_other ? 0.5 : 0.0;
    };
    rule("deeper", [&](int node) {
      const auto first = graph.hops_from(0), second = graph.hops_from(1);
      return first.contains(node) ? first.at(node) : second.at(node);
    });
    rule("longer name", [&](int node) { return symbol(node).size(); });
    rule("later by name", [&](int node) { return symbol(node); });
    rule("more statements", [&](int node) { return graph.statements_about(node); });
    rule("last in a statement",
         [&](int node) { return example.question.rfind(symbol(node), example.question.rfind(". Is ")); });
    rule("more parents", [&](int node) { return graph.parents_of(node); });
    rule("more children", [&](int node) { return graph.children.contains(node) ? graph.children.at(node).size() : 0; });
    rule("later in the text", [&](int node) { return example.question.find(symbol(node)); });
    rule("named last", [&](int node) { return example.question.rfind(symbol(node)); });
  }
  for (const auto& [name, count] : right) EXPECT_NEAR(count / kMatched, 0.5, 0.06) << name;
  EXPECT_EQ(right["deeper"], kMatched / 2.0);
  ASSERT_EQ(lengths.size(), 6u);
  for (const auto& [length, count] : lengths) EXPECT_NEAR(count, kMatched / 6.0, 35) << length;
  for (const auto& [length, count] : lengths) EXPECT_NEAR(nodes[length], 22.82 * count, 1.5 * count) << length;
  EXPECT_NEAR(first, kMatched / 2, 50);
}

TEST(ProsqaMatched, SiblingsAreMatchedToo) {
  const auto task = make_task("prosqa-matched");
  std::size_t count = 0;
  for (std::uint64_t index = 0; index < 8; ++index) {
    const ExampleGroup group = task->generator()->group(4, index, {.siblings = 6});
    const std::string statements = group.example.question.substr(0, group.example.question.find(" Is ") + 1);
    for (const Example& sibling : group.siblings) {
      ++count;
      EXPECT_TRUE(sibling.question.starts_with(statements + "Is ")) << sibling.question;
      EXPECT_EQ(task->is_valid(sibling, sibling.steps), true) << sibling.question;
      EXPECT_FALSE(task->hints(sibling).empty());
      expect_mirrored(sibling);
    }
  }
  EXPECT_EQ(count, 48u);
}

TEST(ProsqaLong, HasLongerProofsThanAnyThatIsTrainedOn) {
  const auto task = make_task("prosqa-long");
  const ProsqaOptions trained;
  for (std::uint64_t index = 0; index < 50; ++index) {
    const Example example = task->generator()->generate(1, index);
    EXPECT_GT(example.steps.size(), static_cast<std::size_t>(trained.max_hops));
    EXPECT_EQ(task->is_valid(example, example.steps), true);
  }
}

}  // namespace
}  // namespace noema
