#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "training/stages/objective.h"

namespace noema {

/// What a stage is trained on, step by step. A step is a function of its number, so that a training that was stopped
/// goes on exactly. Several are made at once.
class StepSource {
 public:
  virtual ~StepSource() = default;
  virtual std::int64_t window_size() const = 0;

  /// The steps from index * window_size() on.
  virtual std::vector<MicroBatches> window(std::int64_t index) const = 0;
};

/// The steps of a source from a given one on, made ahead by a thread of its own.
class StepQueue {
 public:
  StepQueue(const StepSource& source, std::int64_t first_step);
  ~StepQueue();

  /// The next step. Throws what the thread threw.
  MicroBatches next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The micro-batches of the first steps.
MicroBatches first_steps(const StepSource& source, std::int64_t steps);

/// What a stage is trained on and selected by.
struct StageData {
  std::unique_ptr<const StepSource> training;
  std::function<MicroBatches()> validation;
};

}  // namespace noema
