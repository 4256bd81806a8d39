#pragma once

#include <torch/types.h>

namespace noema {

/// The elementwise parts of a transformer layer in one pass over memory each, forwards and backwards. A chain of
/// library calls reads and writes every tensor several times; up to a few hundred columns that costs more than the
/// matrix products. fp32 on CPUs, and bf16 but for rotations; everything else goes to the library. Results agree with
/// the library's to rounding.

/// x / sqrt(mean(x²) + epsilon) · weight over the last dimension (RMSNorm, arXiv 1910.07467), in the type of x.
torch::Tensor rms_norm(const torch::Tensor& x /*[…,D]*/, const torch::Tensor& weight /*[D]*/, double epsilon);

/// silu(gate) · up, where gate and up are the two halves of x (SwiGLU, arXiv 2002.05202).
torch::Tensor swiglu(const torch::Tensor& x /*[…,2F]*/);

/// Heads [B,N,T,Dh] of x, each turned by its place: the first half of a head against the second (rotary positions,
/// arXiv 2104.09864). `index` [B,T] or [1,T] picks the rows of cosine and sine [P,Dh/2].
torch::Tensor rotate(const torch::Tensor& x /*[B,T,N,Dh]*/, const torch::Tensor& index, const torch::Tensor& cosine,
                     const torch::Tensor& sine);

}  // namespace noema
