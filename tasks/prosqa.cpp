#include "tasks/prosqa.h"

#include <array>
#include <map>
#include <set>

#include "base/error.h"
#include "tasks/answer_text.h"
#include "tasks/prosqa/counterfactual.h"
#include "tasks/prosqa/graph.h"
#include "tasks/prosqa/question.h"
#include "tasks/prosqa/rules.h"

namespace noema {
namespace {

using prosqa::describe;
using prosqa::parse_question;
using prosqa::parse_statement;
using prosqa::Question;
using prosqa::Statement;

// The names and kinds of the public set.
constexpr std::array kNames = {"Alex",   "Bob",   "Carol", "Davis", "Eva", "Fae",    "Gabriel", "Jack", "Max",
                               "Oliver", "Polly", "Rex",   "Sally", "Sam", "Stella", "Tom",     "Wren"};
constexpr std::array kKinds = {"bompus",  "boompus", "brimpus", "chorpus", "dumpus",  "felpus", "fompus", "gerpus",
                               "gorpus",  "grimpus", "gwompus", "hilpus",  "impus",   "jelpus", "jompus", "kerpus",
                               "lempus",  "lorpus",  "numpus",  "quimpus", "rempus",  "rompus", "rorpus", "scrompus",
                               "shumpus", "sterpus", "storpus", "terpus",  "timpus",  "tumpus", "vumpus", "worpus",
                               "wumpus",  "yerpus",  "yimpus",  "yumpus",  "zhorpus", "zumpus"};

std::string canonical_question(const Question& question) {
  std::map<std::string, int> numbers;
  const auto number = [&](const std::string& symbol) {
    return numbers.emplace(symbol, static_cast<int>(numbers.size())).first->second;
  };
  std::vector<Edge> edges;
  for (const Statement& statement : question.statements) {
    const int from = number(statement.subject);
    edges.emplace_back(from, number(statement.kind));
  }
  const int root = number(question.root), first = number(question.first), second = number(question.second);
  return canonical_graph(static_cast<int>(numbers.size()), edges, root, first, second);
}

using Children = prosqa::Links;

/// A kind and everything that it leads to: each statement on the way halves the weight, but not a candidate's.
std::vector<std::pair<std::string, double>> ahead_of(const std::string& kind, const Children& children,
                                                     const Question& question) {
  std::vector<std::pair<std::string, double>> pieces;
  std::set<std::string> seen = {kind}, level = seen;
  for (double weight = 1.0; !level.empty(); weight *= 0.5) {
    std::set<std::string> next;
    for (const std::string& symbol : level) {
      pieces.emplace_back(symbol, symbol == question.first || symbol == question.second ? 1.0 : weight);
      const auto found = children.find(symbol);
      if (found == children.end()) continue;
      for (const std::string& child : found->second) {
        if (seen.insert(child).second) next.insert(child);
      }
    }
    level = std::move(next);
  }
  return pieces;
}

/// For each concept a name or a made-up noun of its own.
std::vector<std::string> draw_symbols(const ProsqaGraph& graph, Random& random) {
  std::vector<std::string> names(kNames.begin(), kNames.end()), kinds(kKinds.begin(), kKinds.end());
  random.shuffle(names);
  random.shuffle(kinds);
  std::vector<std::string> symbols;
  for (const bool is_person : graph.people()) {
    std::vector<std::string>& pool = is_person ? names : kinds;
    symbols.push_back(std::move(pool.back()));
    pool.pop_back();
  }
  return symbols;
}

class ProsqaGenerator final : public Generator {
 public:
  explicit ProsqaGenerator(const ProsqaOptions& options) : options_(options) {}

  ExampleGroup group(std::uint64_t seed, std::uint64_t index, const Companions& wanted) const override {
    Random random = Random::of(seed, index);
    const Told told = tell(random);
    Random again = random;
    ExampleGroup group = {ask(told.graph, told, random)};
    for (std::size_t i = 0; i < wanted.siblings; ++i) {
      const auto question = ask_again(told.graph, options_.max_hops, again);
      if (question) group.siblings.push_back(ask(*question, told, again));
    }
    return group;
  }

  bool has_twins() const override { return false; }
  bool has_siblings() const override { return true; }

 private:
  /// A graph in words, before anything is asked.
  struct Told {
    ProsqaGraph graph;
    std::vector<std::string> symbols;
    std::string text;  ///< all statements, a space after each

    std::string statement(int from, int to) const {
      return describe({!people[static_cast<std::size_t>(from)], symbol(from), symbol(to)});
    }
    const std::string& symbol(int node) const { return symbols[static_cast<std::size_t>(node)]; }

    std::vector<bool> people = graph.people();
  };

  Told tell(Random& random) const {
    ProsqaGraph graph = draw_prosqa_graph(options_, kNames.size(), kKinds.size(), random);
    std::vector<std::string> symbols = draw_symbols(graph, random);
    Told told{std::move(graph), std::move(symbols), ""};
    std::vector<std::string> statements;
    for (const auto& [from, to] : told.graph.edges) statements.push_back(told.statement(from, to));
    random.shuffle(statements);
    for (const std::string& statement : statements) told.text += statement + ' ';
    return told;
  }

  static Example ask(const ProsqaGraph& question, const Told& told, Random& random) {
    std::vector<int> candidates = {question.target, question.neg_target};
    random.shuffle(candidates);
    Example example;
    example.question = told.text + "Is " + told.symbol(question.root) + " a " + told.symbol(candidates[0]) + " or " +
                       told.symbol(candidates[1]) + '?';
    const std::vector<int> way = shortest_way(question, told.symbols);
    for (std::size_t i = 1; i < way.size(); ++i) {
      example.steps.push_back(told.statement(way[i - 1], way[i]));
    }
    example.answer = describe({false, told.symbol(question.root), told.symbol(question.target)});
    example.extra = {{"idx_to_symbol", told.symbols},
                     {"edges", question.edges},
                     {"root", question.root},
                     {"target", question.target},
                     {"neg_target", question.neg_target}};
    return example;
  }

  ProsqaOptions options_;
};

class ProsqaTask final : public Task {
 public:
  explicit ProsqaTask(const ProsqaOptions& options) : Task(options.name, std::make_shared<ProsqaGenerator>(options)) {}

  std::vector<std::string> phrases() const override {
    std::vector<std::string> phrases;
    for (const std::string_view name : kNames) phrases.push_back(" Is " + std::string(name) + " a");
    for (const std::string_view kind : kKinds) {
      const std::string word = ' ' + std::string(kind);
      phrases.insert(phrases.end(), {" Every" + word, " is a" + word + '.', " or" + word + '?'});
    }
    return phrases;
  }

  /// After each statement what its kind leads to, the candidates above all: a model can know them there that has read
  /// the question before the statements.
  std::vector<Hint> hints(const Example& example) const override {
    const auto question = parse_question(example.question);
    if (!question) return {};
    const Children children = prosqa::kinds_of(*question);
    std::vector<Hint> hints;
    const std::string_view text = example.question;
    for (std::size_t begin = 0, end; (end = text.find('.', begin)) != std::string_view::npos; begin = end + 1) {
      const auto statement = parse_statement(text.substr(begin, end + 1 - begin));
      hints.push_back({end + 1, ahead_of(statement->kind, children, *question)});
    }
    return hints;
  }

  std::string identity(const Example& example) const override {
    const auto question = parse_question(example.question);
    return question ? canonical_question(*question) : on_one_line(example.question);
  }

  std::vector<std::string> choices(const Example& example) const override {
    const auto question = parse_question(example.question);
    if (!question) return {};
    return {describe({false, question->root, question->first}), describe({false, question->root, question->second})};
  }

  std::vector<Rule> rules() const override { return prosqa::rules(); }

  /// The statements: questions about the same ones are not independent.
  std::optional<std::string> unit(const Example& example) const override {
    const auto question = parse_question(example.question);
    if (!question) return std::nullopt;
    std::string text;
    for (const Statement& statement : question->statements) text += describe(statement);
    return text;
  }

  std::optional<Example> counterfactual(const Example& example) const override {
    return prosqa::counterfactual(example);
  }

  std::optional<bool> is_valid(const Example& example, const std::vector<std::string>& steps) const override {
    const auto question = parse_question(example.question);
    const auto right = parse_statement(example.answer);
    if (!question || !right) return std::nullopt;
    Statement reached{false, question->root, question->root};
    for (const std::string& step : steps) {
      if (answer_in(step)) break;
      auto statement = parse_statement(step);
      if (!statement || statement->subject != reached.kind || !question->statements.contains(*statement)) return false;
      reached = std::move(*statement);
    }
    return reached.kind == right->kind;
  }
};

}  // namespace

std::unique_ptr<Task> make_prosqa_task(const ProsqaOptions& options) {
  const bool is_right = options.nodes >= 6 && options.nodes <= 40 && options.in_degree > 0 && options.in_degree <= 4 &&
                        options.depth_weight >= 0 && options.depth_weight <= 100 && options.min_hops >= 1 &&
                        options.min_hops <= options.max_hops && options.matched >= 0.0 && options.matched <= 1.0;
  if (!is_right) {
    throw Error({"task " + options.name,
                 "6 to 40 nodes, an in_degree above 0 and up to 4, a depth_weight from 0 to 100, 1 <= min_hops <= "
                 "max_hops, and a share "
                 "matched from 0 to 1",
                 std::to_string(options.nodes) + " nodes, in_degree " + std::to_string(options.in_degree) +
                     ", depth_weight " + std::to_string(options.depth_weight) + ", hops " +
                     std::to_string(options.min_hops) + " to " + std::to_string(options.max_hops) + ", matched " +
                     std::to_string(options.matched),
                 "correct the options"});
  }
  return std::make_unique<ProsqaTask>(options);
}

}  // namespace noema
