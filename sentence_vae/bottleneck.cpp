#include "sentence_vae/bottleneck.h"

#include <torch/torch.h>

namespace noema {

KindList<BottleneckKind> bottleneck_kinds() {
  KindList<BottleneckKind> kinds;
  kinds.add(identity_bottleneck_kind());
  kinds.add(gaussian_bottleneck_kind());
  return kinds;
}

torch::Tensor sample(const Posterior& posterior, at::Generator& generator) {
  if (!posterior.log_variance) return posterior.mean;
  const torch::Tensor noise = at::normal(0.0, 1.0, posterior.mean.sizes(), generator);
  return posterior.mean + noise.to(posterior.mean.options()) * (0.5 * *posterior.log_variance).exp();
}

}  // namespace noema
