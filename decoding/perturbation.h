#pragma once

#include <torch/types.h>

#include <span>

#include "base/random.h"

namespace noema {

/// x [B,D] with Gaussian noise of norm about `sigma` times each row's own; row i draws from randoms[i].
torch::Tensor with_noise(const torch::Tensor& x, double sigma, std::span<Random* const> randoms);

}  // namespace noema
