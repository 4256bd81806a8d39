#pragma once

#include <torch/types.h>

#include "nn/model/layers.h"

namespace noema {

/// Two linear maps with a GELU between, from one space to another (the paper, section 3.2). Between spaces of the same
/// width the input is added, and the map starts as the identity: what the spaces already share is not learned anew.
class Projection {
 public:
  Projection(WeightScope weights, std::int64_t from, std::int64_t to);
  torch::Tensor operator()(const torch::Tensor& x /*[N,from]*/, const Pass& pass) const;

 private:
  bool residual_;
  Linear in_;
  Linear out_;
};

}  // namespace noema
