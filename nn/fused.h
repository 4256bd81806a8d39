#pragma once

#include <torch/types.h>

namespace noema {

/// The elementwise parts of a transformer layer in one pass over memory each, forwards and backwards. A chain of
/// library calls reads and writes every tensor several times; up to a few hundred columns that costs more than the
/// matrix products. fp32 and bf16 on CPUs; everything else goes to the library. Results agree with the library's to
/// rounding.

/// x / sqrt(mean(x²) + epsilon) · weight over the last dimension (RMSNorm, arXiv 1910.07467), in the type of x.
torch::Tensor rms_norm(const torch::Tensor& x /*[…,D]*/, const torch::Tensor& weight /*[D]*/, double epsilon);

/// silu(gate) · up, where gate and up are the two halves of x (SwiGLU, arXiv 2002.05202).
torch::Tensor swiglu(const torch::Tensor& x /*[…,2F]*/);

}  // namespace noema
