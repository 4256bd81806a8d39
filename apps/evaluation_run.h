#pragma once

#include <string>
#include <vector>

#include "apps/arguments.h"
#include "inspect/evaluation.h"

namespace noema {

/// The first `limit` examples of a file (0: all), read as a task.
std::vector<Example> load_examples(const std::string& file, std::int64_t limit);

/// Reasons about examples and judges the answers, with a progress bar on a terminal.
std::vector<RecordedTrajectory> reason_about(const LoadedModel& model, const Task& task, const std::string& mode,
                                             const std::vector<Example>& examples, const ReasoningOptions& options);

}  // namespace noema
