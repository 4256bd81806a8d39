#include "nn/model/index_tensor.h"

#include <torch/torch.h>

namespace noema {

torch::Tensor index_tensor(const std::vector<std::int64_t>& numbers, torch::Device device) {
  return torch::tensor(numbers, torch::kLong).to(device);
}

}  // namespace noema
