#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace noema {

/// How one of several ranks gets on.
struct RankSpeed {
  double tokens_per_second = 0.0;  ///< of its own micro-batches, while it computes
  double share_waited = 0.0;       ///< of its time, for the other ranks: communication, and slower ones
};

/// Where a stage stands after a step.
struct StepReport {
  std::string stage;
  std::int64_t step = 0;                               ///< done
  std::int64_t steps = 0;                              ///< in all
  std::vector<std::pair<std::string, double>> losses;  ///< mean of each term since the last report
  double gradient_norm = 0.0;
  double learning_rate = 0.0;
  double tokens_per_second = 0.0;
  double seconds_left = 0.0;
  std::int64_t last_checkpoint = 0;   ///< step; 0: none yet
  std::vector<RankSpeed> ranks = {};  ///< by rank; empty: one process alone
};

/// How well it does on validation: each measure as a share of 1.
struct ValidationReport {
  std::string stage;
  std::int64_t step = 0;
  std::map<std::string, double> measures;
  bool best = false;  ///< better than all before
  std::string sample;
};

/// Told how training goes. Called from the training thread, between steps.
class TrainingProgress {
 public:
  virtual ~TrainingProgress() = default;
  virtual void on_stage(const std::string& /*stage*/, const std::string& /*what happens: "starts", "skipped", …*/) {}
  virtual void on_step(const StepReport&) {}
  virtual void on_validation(const ValidationReport&) {}
};

}  // namespace noema
