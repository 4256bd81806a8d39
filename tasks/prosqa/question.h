#pragma once

#include <compare>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace noema::prosqa {

/// "Every SUBJECT is a KIND." or "SUBJECT is a KIND."
struct Statement {
  bool every = false;
  std::string subject, kind;

  auto operator<=>(const Statement&) const = default;
};

std::string describe(const Statement& statement);
std::optional<Statement> parse_statement(std::string_view sentence);

/// A question as its text has it.
struct Question {
  std::set<Statement> statements;
  std::string root, first, second;  ///< "Is ROOT a FIRST or SECOND?"
};

/// Nothing for a text that is no such question.
std::optional<Question> parse_question(std::string_view text);

/// From a symbol to those that one statement links it with.
using Links = std::map<std::string, std::set<std::string>>;
Links kinds_of(const Question& question);     ///< from subjects to kinds
Links subjects_of(const Question& question);  ///< from kinds to subjects

/// What is reached from `start`, itself included, and over how many links at least.
using Hops = std::map<std::string, int>;
Hops hops_from(const std::string& start, const Links& links);

}  // namespace noema::prosqa
