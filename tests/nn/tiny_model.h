#pragma once

#include <torch/torch.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/random.h"
#include "nn/model/language_model.h"

namespace noema::test {

/// The two styles that one code path serves, small. The Llama style shares its keys among heads.
inline TransformerConfig tiny_gpt2() { return gpt2_style(2, 16, 2, 24); }
inline TransformerConfig tiny_llama() { return llama_style(2, 16, 4, 2, 24, 24); }

/// The same with a short convolution.
inline TransformerConfig tiny_convolution() {
  TransformerConfig config = tiny_llama();
  config.convolution = 3;
  return config;
}

/// The same, and questions are read whole.
inline TransformerConfig tiny_prefix() {
  TransformerConfig config = tiny_convolution();
  config.mask = TransformerConfig::Mask::prefix;
  return config;
}

constexpr std::int64_t kVocabulary = 20;

/// A random model whose matrices are ten times those of a new one: what stands before a token must show in its logits.
inline LanguageModel tiny_model(const TransformerConfig& config) {
  Weights weights(7);
  LanguageModel model({kVocabulary, config}, weights);
  for (const auto& [name, tensor] : weights.tensors()) {
    if (tensor.dim() > 1) tensor.mul_(10.0);
    if (tensor.dim() == 3) tensor.copy_(at::linspace(-1.0, 1.0, tensor.numel()).view(tensor.sizes()));  // taps: zero
  }
  return model;
}

inline std::vector<std::int64_t> random_ids(Random& random, std::int64_t length) {
  std::vector<std::int64_t> ids;
  for (std::int64_t i = 0; i < length; ++i) ids.push_back(static_cast<std::int64_t>(random.below(kVocabulary)));
  return ids;
}

/// Rows of tokens in one tensor [B,T], padded on the left.
struct PaddedRows {
  explicit PaddedRows(const std::vector<std::vector<std::int64_t>>& rows) {
    for (const auto& row : rows) lengths.push_back(static_cast<std::int64_t>(row.size()));
    const std::int64_t width = *std::max_element(lengths.begin(), lengths.end());
    ids = torch::zeros({static_cast<std::int64_t>(rows.size()), width}, torch::kLong);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      ids[static_cast<std::int64_t>(row)].narrow(0, width - lengths[row], lengths[row]).copy_(torch::tensor(rows[row]));
    }
  }

  torch::Tensor ids;
  std::vector<std::int64_t> lengths;
};

/// Logits [T,V] of one row by itself, without a cache: what everything else is held against. It begins with a question
/// of so many tokens.
inline torch::Tensor uncached_logits(const LanguageModel& model, const std::vector<std::int64_t>& ids,
                                     std::int64_t question = 0) {
  const auto length = static_cast<std::int64_t>(ids.size());
  const Positions at = question_positions(model.config().transformer.mask, {question}, {length}, length, torch::kCPU);
  const Pass pass{at};
  const torch::Tensor embeddings = model.embed(torch::tensor(ids, torch::kLong).unsqueeze(0));
  return model.logits(model.hidden(embeddings, pass), pass).squeeze(0);
}

/// The largest difference between two tensors of one shape; NaN when either holds one.
inline double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

}  // namespace noema::test
