#pragma once

#include <optional>
#include <vector>

#include "nn/device/step_recorder.h"

namespace noema {

/// Streams whose steps are taken several at a time, and looked at one by one. The recorder must outlive it.
class StepsAhead {
 public:
  explicit StepsAhead(StepRecorder& recorder) : recorder_(&recorder) {}

  /// Whether no step is taken that was not looked at: rows can only join then.
  bool is_at_rest() const { return ahead_.empty(); }

  /// Takes in rows behind those that are there.
  void join(const HiddenStream& entering);

  /// What the step at hand gives, [B,…] each, on the CPU.
  std::vector<torch::Tensor> now();

  /// Goes on to the step after it.
  void next();

  /// Goes on with these rows only.
  void keep(const std::vector<std::int64_t>& rows);

  /// Gives up the step at hand and all behind it: comes to rest at the place where steps were last begun to be taken.
  /// What the steps from there to here gave, [B,…] each: they are to be taken again, with append().
  std::vector<std::vector<torch::Tensor>> rewind();

  /// At rest: appends a piece a row [B,D].
  void append(const torch::Tensor& embeddings) { stream_->append(embeddings); }

 private:
  std::vector<torch::Tensor> at(std::int64_t place) const;

  StepRecorder* recorder_;
  std::optional<HiddenStream> stream_, after_;  // before and behind the steps ahead; none without rows
  std::vector<torch::Tensor> ahead_;            // [T,B,…] each; empty: at rest
  std::int64_t place_ = 0;                      // the step at hand among them
};

}  // namespace noema
