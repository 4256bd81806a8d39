#include "nn/model/positions.h"

#include <torch/torch.h>

namespace noema {

Positions causal_positions(const std::vector<std::int64_t>& lengths, std::int64_t width, torch::Device device) {
  Positions at;
  at.index = torch::arange(width, torch::dtype(torch::kLong).device(device)).unsqueeze(0);
  at.row_tokens = lengths;
  for (std::int64_t length : lengths) at.row_pairs.push_back(length * (length + 1) / 2);
  return at;
}

Positions single_positions(std::int64_t rows) {
  Positions at;
  at.row_tokens.assign(static_cast<std::size_t>(rows), 1);
  at.row_pairs = at.row_tokens;
  return at;
}

Positions question_positions(TransformerConfig::Mask mask, const std::vector<std::int64_t>& questions,
                             const std::vector<std::int64_t>& lengths, std::int64_t width, torch::Device device) {
  Positions at = causal_positions(lengths, width, device);
  if (mask == TransformerConfig::Mask::causal) return at;
  const auto rows = static_cast<std::int64_t>(questions.size());
  const torch::Tensor key = torch::arange(width, torch::kLong);
  const torch::Tensor query = key.unsqueeze(1);
  const torch::Tensor asked = torch::tensor(questions, torch::kLong).view({rows, 1, 1});
  at.mask = ((key <= query) | ((key < asked) & (query < asked))).unsqueeze(1).to(device);  // [B,1,T,T]
  at.causal = false;
  for (std::size_t row = 0; row < questions.size(); ++row)
    at.row_pairs[row] += questions[row] * (questions[row] - 1) / 2;
  return at;
}

}  // namespace noema
