#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "decoding/options.h"
#include "inspect/records/recorder.h"
#include "tasks/task.h"

namespace noema {

/// The interval of a share of `hits` among `n` that holds with 95% probability (Wilson's score interval).
struct Interval {
  double low = 0.0, high = 1.0;
};
Interval wilson(double hits, double n);

/// Quantiles of a list of measurements.
struct Quantiles {
  double p50 = 0.0, p95 = 0.0, p99 = 0.0;
};
Quantiles quantiles(std::vector<double> values);

/// How one mode did on a set of questions. Shares are of 1.
struct Evaluation {
  std::string mode;
  std::int64_t n = 0;
  double accuracy = 0.0;
  Interval interval;
  std::optional<double> validity;                  ///< share of valid plans or proofs, of those read
  std::optional<double> stop_accuracy;             ///< share of stop decisions that agree with what the sentences say
  double steps = 0.0, passes = 0.0, tokens = 0.0;  ///< means
  Quantiles total_ms, prefill_ms, reasoning_ms, decoding_ms;
  double gflops = 0.0, prefill_gflops = 0.0;  ///< means
};

/// Judges a trajectory against its example.
RecordedTrajectory judge(std::size_t id, Trajectory trajectory, const Example& example, const Task& task);

/// Sums up trajectories of one mode, whose stop head ended them at `stop_threshold`. Throws Error when there are none.
Evaluation evaluate(const std::string& mode, const std::vector<RecordedTrajectory>& trajectories, const Task& task,
                    double stop_threshold = ReasoningOptions().stop_threshold);

nlohmann::json to_json(const Evaluation& evaluation);

}  // namespace noema
