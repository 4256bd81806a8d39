#pragma once

#include <torch/types.h>

namespace noema {

/// x Wᵀ + b, as at::linear. Up to eight rows of fp32 without gradients are multiplied here on processors where MKL does
/// so slowly.
torch::Tensor linear_product(const torch::Tensor& x /*[…,inner]*/, const torch::Tensor& weight /*[columns,inner]*/,
                             const torch::Tensor& bias /*[columns] or undefined*/);

}  // namespace noema
