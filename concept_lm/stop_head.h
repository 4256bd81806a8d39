#pragma once

#include <torch/types.h>

#include "nn/model/layers.h"

namespace noema {

/// Says from a concept whether its sentence is the answer: Z → 192 → 48 → 1 with GELU (the paper, section 3.3).
class StopHead {
 public:
  StopHead(std::int64_t latent_width, WeightScope weights);

  /// Log-odds [N] that the sentences of ẑ [N,Z] are answers.
  torch::Tensor operator()(const torch::Tensor& z, ComputeObserver* observer = nullptr) const;

 private:
  Linear first_;
  Linear second_;
  Linear third_;
};

}  // namespace noema
