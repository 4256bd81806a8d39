#include "tasks/prosqa/counterfactual.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "tasks/prosqa/question.h"

namespace noema::prosqa {
namespace {

/// What the text says, whoever is asked about.
struct Known {
  explicit Known(const Question& asked) : question(asked), kinds(kinds_of(asked)), subjects(subjects_of(asked)) {}

  const Question& question;
  Links kinds, subjects;
};

/// Who reaches `right` and not `wrong`, with a proof of about `wanted` statements.
std::optional<std::string> other_person(const Known& known, const std::string& right, const std::string& wrong,
                                        int wanted) {
  const Hops to_right = hops_from(right, known.subjects), to_wrong = hops_from(wrong, known.subjects);
  std::optional<std::pair<int, std::string>> best;  // by the difference, then by name
  for (const Statement& statement : known.question.statements) {
    const std::string& person = statement.subject;
    const auto hops = to_right.find(person);
    const bool is_person = !statement.every && !known.subjects.contains(person);
    if (!is_person || person == right || hops == to_right.end() || to_wrong.contains(person)) continue;
    const std::pair found(std::abs(hops->second - wanted), person);
    if (!best || found < *best) best = found;
  }
  if (!best) return std::nullopt;
  return best->second;
}

/// A shortest proof that `root`, which must reach it, is a `target`.
std::vector<std::string> shortest_proof(const Known& known, const std::string& root, const std::string& target) {
  const Hops left = hops_from(target, known.subjects);
  std::vector<std::string> steps;
  for (std::string here = root; here != target;) {
    for (const std::string& kind : known.kinds.at(here)) {  // by name
      const auto found = left.find(kind);
      if (found == left.end() || found->second + 1 != left.at(here)) continue;
      const bool is_plain = known.question.statements.contains({false, here, kind});
      steps.push_back(describe({!is_plain, here, kind}));
      here = kind;
      break;
    }
  }
  return steps;
}

/// The fields of the graph, with another root, and the candidates' parts exchanged.
nlohmann::json graph_fields(const nlohmann::json& extra, const std::string& root) {
  nlohmann::json fields = nlohmann::json::object();
  for (const char* key : {"idx_to_symbol", "edges", "target", "neg_target"}) {
    if (!extra.contains(key)) return nlohmann::json::object();
    fields[key] = extra.at(key);
  }
  const nlohmann::json& symbols = fields["idx_to_symbol"];
  const auto found = std::find(symbols.begin(), symbols.end(), nlohmann::json(root));
  if (!symbols.is_array() || found == symbols.end()) return nlohmann::json::object();
  fields["root"] = found - symbols.begin();
  std::swap(fields["target"], fields["neg_target"]);
  return fields;
}

/// The text up to "Is ", then the question about another person.
std::string asked_about(const std::string& text, const Question& question, const std::string& person) {
  const auto statements = text.rfind('.');
  const auto asked = text.find("Is ", statements == std::string::npos ? 0 : statements);
  return text.substr(0, asked) + "Is " + person + " a " + question.first + " or " + question.second + '?';
}

}  // namespace

std::optional<Example> counterfactual(const Example& example) {
  const auto question = parse_question(example.question);
  if (!question) return std::nullopt;
  const Known known(*question);
  const Hops reached = hops_from(question->root, known.kinds);
  const auto first = reached.find(question->first), second = reached.find(question->second);
  if ((first == reached.end()) == (second == reached.end())) return std::nullopt;
  const auto& [wrong, wanted] = first == reached.end() ? *second : *first;  // what was right is wrong now
  const std::string& right = first == reached.end() ? question->first : question->second;
  const auto person = other_person(known, right, wrong, wanted);
  if (!person) return std::nullopt;
  return Example{asked_about(example.question, *question, *person), shortest_proof(known, *person, right),
                 describe({false, *person, right}), graph_fields(example.extra, *person)};
}

}  // namespace noema::prosqa
