#pragma once

#include <torch/types.h>

#include <span>

#include "base/random.h"
#include "decoding/options.h"

namespace noema {

/// x [B,D] with Gaussian noise of norm about `sigma` times each row's own; row i draws from randoms[i].
torch::Tensor with_noise(const torch::Tensor& x, double sigma, std::span<Random* const> randoms);

/// What is done to latents [B,D] before they are fed back. Shuffle passes each row's latent to the next row; when there
/// is but one row there is nobody to exchange with, and it gets zeros.
torch::Tensor ablated(const torch::Tensor& x, const ReasoningOptions& options, std::span<Random* const> randoms);

}  // namespace noema
