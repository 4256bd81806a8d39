#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

namespace noema {

/// Numbers [N] int64 on the device of what they index.
torch::Tensor index_tensor(const std::vector<std::int64_t>& numbers, torch::Device device = torch::kCPU);

}  // namespace noema
