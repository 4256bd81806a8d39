#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/weights.h"
#include "training/recipe.h"

namespace noema {

/// The learning rate at a step: linear warm-up, then a half cosine down to `final_rate` of the full rate.
double learning_rate(const StageOptions& options, std::int64_t step);

/// AdamW (arXiv 1711.05101) by libtorch's fused kernel. Weight decay is for matrices only.
class Optimizer {
 public:
  /// Makes the tensors require gradients. They must outlive the optimiser.
  Optimizer(const TensorMap& parameters, const StageOptions& options);

  /// Clips the gradients' norm, updates, and clears the gradients. Returns the norm before clipping.
  double step(double learning_rate);

  /// First and second moments by name with "m." or "v." before it, and the count of steps: all of its state.
  TensorMap state() const;
  void restore(const TensorMap& state);

 private:
  struct Group {
    std::vector<torch::Tensor> parameters, first, second, steps;
    double weight_decay;
  };

  StageOptions options_;
  TensorMap named_state_;
  std::vector<Group> groups_;
};

}  // namespace noema
