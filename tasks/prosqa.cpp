#include "tasks/prosqa.h"

#include <array>
#include <compare>
#include <map>
#include <set>

#include "base/error.h"
#include "tasks/answer_text.h"
#include "tasks/prosqa/graph.h"

namespace noema {
namespace {

constexpr std::string_view kAnswerMark = "###";

// The names and kinds of the public set.
constexpr std::array kNames = {"Alex",   "Bob",   "Carol", "Davis", "Eva", "Fae",    "Gabriel", "Jack", "Max",
                               "Oliver", "Polly", "Rex",   "Sally", "Sam", "Stella", "Tom",     "Wren"};
constexpr std::array kKinds = {"bompus",  "boompus", "brimpus", "chorpus", "dumpus",  "felpus", "fompus", "gerpus",
                               "gorpus",  "grimpus", "gwompus", "hilpus",  "impus",   "jelpus", "jompus", "kerpus",
                               "lempus",  "lorpus",  "numpus",  "quimpus", "rempus",  "rompus", "rorpus", "scrompus",
                               "shumpus", "sterpus", "storpus", "terpus",  "timpus",  "tumpus", "vumpus", "worpus",
                               "wumpus",  "yerpus",  "yimpus",  "yumpus",  "zhorpus", "zumpus"};

/// "Every SUBJECT is a KIND." or "SUBJECT is a KIND."
struct Statement {
  bool every = false;
  std::string subject, kind;

  auto operator<=>(const Statement&) const = default;
};

std::string describe(const Statement& statement) {
  return (statement.every ? "Every " : "") + statement.subject + " is a " + statement.kind + '.';
}

/// Takes what stands before `mark`, and the mark, off the start of the text. Nothing when that is not one word.
std::optional<std::string> take_word(std::string_view& text, std::string_view mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view word = text.substr(0, end);
  if (word.empty() || word.find_first_of(" .?\t\r\n") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(end + mark.size());
  return std::string(word);
}

std::optional<Statement> parse_statement(std::string_view sentence) {
  sentence = trimmed(sentence);
  Statement statement;
  if (sentence.starts_with("Every ")) {
    statement.every = true;
    sentence.remove_prefix(6);
  }
  auto subject = take_word(sentence, " is a ");
  auto kind = subject ? take_word(sentence, ".") : std::nullopt;
  if (!kind || !sentence.empty()) return std::nullopt;
  statement.subject = std::move(*subject);
  statement.kind = std::move(*kind);
  return statement;
}

struct Question {
  std::set<Statement> statements;
  std::string root, first, second;  ///< "Is ROOT a FIRST or SECOND?"
};

std::optional<Question> parse_question(std::string_view text) {
  Question question;
  text = trimmed(text);
  for (auto end = text.find('.'); end != std::string_view::npos; end = text.find('.')) {
    auto statement = parse_statement(text.substr(0, end + 1));
    if (!statement) return std::nullopt;
    question.statements.insert(std::move(*statement));
    text = trimmed(text.substr(end + 1));
  }
  if (!text.starts_with("Is ")) return std::nullopt;
  text.remove_prefix(3);
  const auto root = take_word(text, " a ");
  const auto first = root ? take_word(text, " or ") : std::nullopt;
  const auto second = first ? take_word(text, "?") : std::nullopt;
  if (!second || !text.empty()) return std::nullopt;
  question.root = *root;
  question.first = *first;
  question.second = *second;
  return question;
}

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

class ProsqaTask final : public Task {
 public:
  explicit ProsqaTask(const ProsqaOptions& options) : options_(options) {}

  std::string name() const override { return options_.name; }
  bool can_generate() const override { return true; }

  Example generate(std::uint64_t seed, std::uint64_t index) const override {
    Random random = Random::of(seed, index);
    const ProsqaGraph graph = draw_prosqa_graph(options_, kNames.size(), kKinds.size(), random);
    const std::vector<std::string> symbols = draw_symbols(graph, random);
    const std::vector<bool> people = graph.people();
    const auto symbol = [&](int node) { return symbols[static_cast<std::size_t>(node)]; };
    const auto statement = [&](int from, int to) {
      return describe({!people[static_cast<std::size_t>(from)], symbol(from), symbol(to)});
    };

    Example example;
    std::vector<std::string> statements;
    for (const auto& [from, to] : graph.edges) statements.push_back(statement(from, to));
    random.shuffle(statements);
    for (const std::string& text : statements) example.question += text + ' ';
    std::vector<int> candidates = {graph.target, graph.neg_target};
    random.shuffle(candidates);
    example.question +=
        "Is " + symbol(graph.root) + " a " + symbol(candidates[0]) + " or " + symbol(candidates[1]) + '?';

    for (std::size_t i = 1; i < graph.path.size(); ++i) {
      example.steps.push_back(statement(graph.path[i - 1], graph.path[i]));
    }
    example.answer = describe({false, symbol(graph.root), symbol(graph.target)});
    example.extra = {{"idx_to_symbol", symbols},
                     {"edges", graph.edges},
                     {"root", graph.root},
                     {"target", graph.target},
                     {"neg_target", graph.neg_target}};
    return example;
  }

  std::string identity(const Example& example) const override {
    const auto question = parse_question(example.question);
    return question ? canonical_question(*question) : on_one_line(example.question);
  }

  std::vector<std::string> reasoning(const Example& example) const override {
    std::vector<std::string> sentences = example.steps;
    if (sentences.empty() || !answer_in(sentences.back())) {
      sentences.push_back(std::string(kAnswerMark) + ' ' + example.answer);
    }
    return sentences;
  }

  std::optional<std::string> answer_in(std::string_view sentence) const override {
    return after_mark(sentence, kAnswerMark);
  }

  std::string answer_mark() const override { return std::string(kAnswerMark); }

  bool is_right(const Example& example, std::string_view answer) const override {
    return same_answer(example.answer, answer);
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

 private:
  ProsqaOptions options_;
};

}  // namespace

std::unique_ptr<Task> make_prosqa_task(const ProsqaOptions& options) {
  const bool is_right = options.nodes >= 6 && options.nodes <= 40 && options.in_degree > 0 && options.in_degree <= 4 &&
                        options.depth_weight >= 0 && options.depth_weight <= 100 && options.min_hops >= 1 &&
                        options.min_hops <= options.max_hops;
  if (!is_right) {
    throw Error(
        {"task " + options.name,
         "6 to 40 nodes, an in_degree above 0 and up to 4, a depth_weight from 0 to 100, and 1 <= min_hops <= max_hops",
         std::to_string(options.nodes) + " nodes, in_degree " + std::to_string(options.in_degree) + ", depth_weight " +
             std::to_string(options.depth_weight) + ", hops " + std::to_string(options.min_hops) + " to " +
             std::to_string(options.max_hops),
         "correct the options"});
  }
  return std::make_unique<ProsqaTask>(options);
}

}  // namespace noema
