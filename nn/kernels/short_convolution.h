#pragma once

#include <torch/types.h>

#include <cstdint>

namespace noema {

/// y_t = x_t + Σ_j weight_j · x_{t−j}, j from 0 to K−1, each column by itself: a causal depthwise convolution of K taps
/// with a residual, [B,T,C] of x [B,K−1+T,C], whose first K−1 rows stand before the T. In one pass over memory,
/// forwards and backwards, for fp32 on CPUs; by the library's operations for all else.
torch::Tensor short_convolution(const torch::Tensor& x, const torch::Tensor& weight /*[K,1,C]*/);

}  // namespace noema
