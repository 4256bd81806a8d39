#pragma once

#include <functional>
#include <vector>

#include "decoding/step_writer.h"

namespace noema {

/// Finished questions of which sentences are still to be written. They are written together, as soon as they are
/// enough; then the questions are delivered.
class PendingTexts {
 public:
  /// Takes what became of the question at a place in the list that was asked.
  using Deliver = std::function<void(std::size_t place, Trajectory trajectory)>;

  PendingTexts(const RunContext& context, const Ledger& ledger, StepWriter& writer, Deliver deliver)
      : context_(context), ledger_(ledger), writer_(writer), deliver_(std::move(deliver)) {}

  /// Takes questions that have left the rows, of which so many are left. Where none is, or as many questions wait as
  /// there ever were rows, or nothing is to be written, all are delivered.
  void take(std::vector<ActiveQuestion> finished, std::size_t rows_left);

 private:
  void hand_over(ActiveQuestion& question);

  const RunContext& context_;
  const Ledger& ledger_;
  StepWriter& writer_;
  Deliver deliver_;
  std::vector<ActiveQuestion> waiting_;
  std::size_t most_rows_ = 0;  // that there were at once
};

}  // namespace noema
