#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace noema {

/// What a rule gets on a set of questions. Shares are of 1.
struct Floor {
  std::string rule;
  std::int64_t n = 0;                           ///< questions that the rule has an answer to
  double accuracy = 0.0;                        ///< of these; of chance the expected one
  std::vector<std::optional<bool>> right = {};  ///< by question; nothing where the rule has no answer. Empty for chance
};

/// The floors under a model's accuracy on these questions: the answer that is most frequent among them, an answer drawn
/// from the choices of each question, and the task's own rules; those that answer any of the questions.
std::vector<Floor> floors_of(const Task& task, const std::vector<Example>& examples);

}  // namespace noema
