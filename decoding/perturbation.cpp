#include "decoding/perturbation.h"

#include <torch/torch.h>

#include <cmath>
#include <numbers>

namespace noema {
namespace {

/// Box and Muller's method.
double normal(Random& random) {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - random.uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * random.uniform());
}

}  // namespace

torch::Tensor with_noise(const torch::Tensor& x, double sigma, std::span<Random* const> randoms) {
  if (sigma <= 0.0) return x;
  torch::Tensor noise = torch::empty(x.sizes(), torch::kFloat32);
  auto values = noise.accessor<float, 2>();
  for (std::int64_t row = 0; row < x.size(0); ++row) {
    for (std::int64_t i = 0; i < x.size(1); ++i) {
      values[row][i] = static_cast<float>(normal(*randoms[static_cast<std::size_t>(row)]));
    }
  }
  const double scale = sigma / std::sqrt(static_cast<double>(x.size(1)));
  return x + scale * x.norm(2, -1, true) * noise.to(x.options());
}

}  // namespace noema
