#include "decoding/trajectory.h"

namespace noema {

std::optional<std::string> answer_of(const Task& task, const Step& step) {
  if (step.end != SentenceEnd::newline && !task.is_open_ended()) return std::nullopt;
  return task.answer_in(step.text);
}

}  // namespace noema
