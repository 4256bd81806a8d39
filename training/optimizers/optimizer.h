#pragma once

#include <memory>
#include <vector>

#include "nn/model/weights.h"
#include "training/optimizers/update_rule.h"
#include "training/stage_options.h"

namespace noema {

/// The learning rate at a step: linear warm-up, then a half cosine down to `final_rate` of the full rate.
double learning_rate(const StageOptions& options, std::int64_t step);

/// Updates the tensors of a stage, by the rule of the options for matrices inside the network and AdamW for all else.
/// Weight decay is for matrices only.
class Optimizer {
 public:
  /// Makes the tensors require gradients. They must outlive the optimiser.
  Optimizer(const TensorMap& parameters, const StageOptions& options);

  /// Clips the gradients' norm, updates, and clears the gradients. Returns the norm before clipping; one that is not
  /// finite changes nothing.
  double step(double learning_rate);

  const std::vector<torch::Tensor>& parameters() const { return parameters_; }

  /// Moments and counts of steps by name: all of its state.
  const TensorMap& state() const { return state_; }
  void restore(const TensorMap& state);

 private:
  double clip_;
  std::vector<torch::Tensor> parameters_;
  TensorMap state_;
  std::vector<std::unique_ptr<UpdateRule>> rules_;
};

}  // namespace noema
