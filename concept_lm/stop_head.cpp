#include "concept_lm/stop_head.h"

#include <torch/torch.h>

#include "nn/model/positions.h"

namespace noema {

StopHead::StopHead(std::int64_t latent_width, WeightScope weights)
    : first_(weights / "first", latent_width, 192, true, 0.05),
      second_(weights / "second", 192, 48, true, 0.05),
      third_(weights / "third", 48, 1, true, 0.05) {}

torch::Tensor StopHead::operator()(const torch::Tensor& z, ComputeObserver* observer) const {
  const Positions at = single_positions(z.size(0));
  const Pass pass{at, nullptr, observer};
  return third_(at::gelu(second_(at::gelu(first_(z, pass)), pass)), pass).squeeze(-1);
}

}  // namespace noema
