#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "decoding/options.h"
#include "inspect/records/interval.h"
#include "inspect/records/recorder.h"
#include "tasks/floors.h"
#include "tasks/task.h"

namespace noema {

/// Quantiles of a list of measurements.
struct Quantiles {
  double p50 = 0.0, p95 = 0.0, p99 = 0.0;
};
Quantiles quantiles(std::vector<double> values);

/// How a model did on the questions that a rule answers wrongly.
struct WhereRuleFails {
  std::string rule;
  std::int64_t n = 0;
  std::optional<double> accuracy = {};  ///< nothing where there are no such questions
};

/// How one mode did on a set of questions. Shares are of 1.
struct Evaluation {
  std::string mode;
  std::int64_t n = 0;
  double accuracy = 0.0;
  ShareInterval interval;                        ///< of the accuracy
  std::optional<double> validity;                ///< share of valid plans or proofs, of those read
  std::optional<double> stop_accuracy;           ///< share of stop decisions that agree with what the sentences say
  std::int64_t max_steps = 0, context_full = 0;  ///< questions that ended at one of these limits
  std::int64_t no_answer = 0;                    ///< questions without an answer, for whatever reason
  std::optional<double> coverage;                ///< share of familiar questions; nothing if nobody can tell
  std::optional<double> familiar_accuracy;       ///< of these; nothing if there are none
  std::vector<WhereRuleFails> where_rules_fail;
  double steps = 0.0, passes = 0.0, tokens = 0.0;  ///< means
  Quantiles total_ms, prefill_ms, reasoning_ms, decoding_ms;
  double gflops = 0.0, prefill_gflops = 0.0;  ///< means
};

/// Judges a trajectory against its example.
RecordedTrajectory judge(std::size_t id, Trajectory trajectory, const Example& example, const Task& task);

/// Sums up trajectories of one mode, whose stop head ended them at `stop_threshold`. `floors` are those of the same
/// questions, if wanted. Throws Error when there are none, or other questions.
Evaluation evaluate(const std::string& mode, const std::vector<RecordedTrajectory>& trajectories, const Task& task,
                    double stop_threshold = ReasoningOptions().stop_threshold, const std::vector<Floor>& floors = {});

nlohmann::json to_json(const Evaluation& evaluation);

}  // namespace noema
