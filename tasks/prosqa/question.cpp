#include "tasks/prosqa/question.h"

#include "tasks/answer_text.h"

namespace noema::prosqa {
namespace {

/// Takes what stands before `mark`, and the mark, off the start of the text. Nothing when that is not one word.
std::optional<std::string> take_word(std::string_view& text, std::string_view mark) {
  const auto end = text.find(mark);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view word = text.substr(0, end);
  if (word.empty() || word.find_first_of(" .?\t\r\n") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(end + mark.size());
  return std::string(word);
}

}  // namespace

std::string describe(const Statement& statement) {
  return (statement.every ? "Every " : "") + statement.subject + " is a " + statement.kind + '.';
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

Links kinds_of(const Question& question) {
  Links kinds;
  for (const Statement& statement : question.statements) kinds[statement.subject].insert(statement.kind);
  return kinds;
}

Links subjects_of(const Question& question) {
  Links subjects;
  for (const Statement& statement : question.statements) subjects[statement.kind].insert(statement.subject);
  return subjects;
}

Hops hops_from(const std::string& start, const Links& links) {
  Hops hops = {{start, 0}};
  std::vector<std::string> level = {start};
  for (int count = 1; !level.empty(); ++count) {
    std::vector<std::string> next;
    for (const std::string& symbol : level) {
      const auto found = links.find(symbol);
      if (found == links.end()) continue;
      for (const std::string& linked : found->second) {
        if (hops.emplace(linked, count).second) next.push_back(linked);
      }
    }
    level = std::move(next);
  }
  return hops;
}

}  // namespace noema::prosqa
