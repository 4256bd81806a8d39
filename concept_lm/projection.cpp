#include "concept_lm/projection.h"

#include <torch/torch.h>

namespace noema {

Projection::Projection(WeightScope weights, std::int64_t from, std::int64_t to)
    : residual_(from == to),
      in_(weights / "in", from, to, true),
      out_(weights / "out", to, to, true, from == to ? 0.0 : 0.02) {}

torch::Tensor Projection::operator()(const torch::Tensor& x, const Pass& pass) const {
  const torch::Tensor change = out_(at::gelu(in_(x, pass)), pass);
  return residual_ ? x + change : change;
}

}  // namespace noema
