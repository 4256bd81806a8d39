#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace noema {

/// Numbers as a tensor [N] int64 beside those that they pick from.
torch::Tensor index_tensor(const std::vector<std::int64_t>& numbers, torch::Device device = torch::kCPU);

}  // namespace noema
