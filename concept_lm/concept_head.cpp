#include "concept_lm/concept_head.h"

#include <torch/torch.h>

#include "nn/model/index_tensor.h"

namespace noema {

KindList<HeadKind> head_kinds() {
  KindList<HeadKind> kinds;
  kinds.add(decoding_head_kind());
  kinds.add(regression_head_kind());
  kinds.add(energy_head_kind());
  return kinds;
}

Concept Concept::select(const std::vector<std::int64_t>& rows) const {
  const auto some = [&](const torch::Tensor& all) {
    return all.defined() ? all.index_select(0, index_tensor(rows, all.device())) : all;
  };
  return {some(embedding), some(input), some(stop)};
}

torch::Tensor dropout(const torch::Tensor& x, double p, at::Generator& generator) {
  if (p <= 0.0) return x;
  torch::Tensor kept = torch::empty(x.sizes(), torch::kFloat32);
  kept.bernoulli_(1.0 - p, generator);
  return x * kept.to(x.options().requires_grad(false)) / (1.0 - p);
}

}  // namespace noema
