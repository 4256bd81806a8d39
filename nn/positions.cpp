#include "nn/positions.h"

#include <torch/torch.h>

namespace noema {

Positions causal_positions(const std::vector<std::int64_t>& lengths, std::int64_t width, torch::Device device) {
  Positions at;
  at.index = torch::arange(width, torch::dtype(torch::kLong).device(device)).unsqueeze(0);
  at.row_tokens = lengths;
  for (std::int64_t length : lengths) at.row_pairs.push_back(length * (length + 1) / 2);
  return at;
}

}  // namespace noema
