#include "tasks/task.h"

#include "tasks/answer_text.h"

namespace noema {

std::string Task::identity(const Example& example) const { return on_one_line(example.question); }

std::vector<std::string> Task::reasoning(const Example& example) const {
  std::vector<std::string> sentences = example.steps;
  if (!sentences.empty() && answer_in(sentences.back())) return sentences;
  const std::string mark = answer_mark();
  sentences.push_back(mark.empty() ? example.answer : mark + ' ' + example.answer);
  return sentences;
}

std::optional<std::string> Task::answer_in(std::string_view sentence) const {
  return after_mark(sentence, answer_mark());
}

bool Task::is_right(const Example& example, std::string_view answer) const {
  return same_answer(example.answer, answer);
}

}  // namespace noema
