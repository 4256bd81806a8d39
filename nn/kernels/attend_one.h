#pragma once

#include <torch/types.h>

namespace noema {

/// Attention of one query a row and head over all slots: [B,1,H*Dh]. fp32 on CPUs, without gradients. What is masked
/// is passed by, so that padding changes no bit. `mask` [B,1,1,K] or [1,1,1,K], true where a slot is seen, or
/// undefined.
torch::Tensor attend_one(const torch::Tensor& queries /*[B,H,1,Dh]*/, const torch::Tensor& keys /*[B,Hkv,K,Dh]*/,
                         const torch::Tensor& values /*[B,Hkv,K,Dh]*/, const torch::Tensor& mask);

}  // namespace noema
