#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "apps/arguments.h"
#include "decoding/observer.h"
#include "inspect/records/evaluation.h"

namespace noema {

/// The first `limit` examples of a file (0: all), read as a task.
std::vector<Example> load_examples(const std::string& file, std::int64_t limit);

/// Reasons about examples and judges the answers, with a progress bar on a terminal. The ids of the trajectories count
/// from run.first_question, the places that `observer` is told from 0.
std::vector<RecordedTrajectory> reason_about(const LoadedModel& model, const Task& task, const std::string& mode,
                                             const std::vector<Example>& examples, const ReasoningOptions& options,
                                             const RunOptions& run, Observer* observer = nullptr);

/// Where results come from, for whoever finds them later: command line, model and its sha256, recipe and commit, data
/// and its sha256, seed.
nlohmann::json origin_of(const LoadedModel& model, const std::string& data, std::uint64_t seed);

}  // namespace noema
