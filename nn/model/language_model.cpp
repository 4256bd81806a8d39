#include "nn/model/language_model.h"

#include <torch/torch.h>

#include <algorithm>
#include <charconv>

namespace noema {

void LanguageModelConfig::fields(Fields& fields) {
  fields.add("vocab_size", vocab_size, {1, 1 << 22}, "pieces of the tokenizer");
  fields.add("tied", tied, "the same matrix embeds and scores");
  transformer.fields(fields);
}

TensorMap first_layers(TensorMap tensors, std::int64_t layers, const std::string& prefix) {
  const std::string before = prefix + "layers.";
  std::erase_if(tensors, [&](const auto& entry) {
    const std::string& name = entry.first;
    if (!name.starts_with(before)) return false;
    std::int64_t layer = 0;  // stays so where there is no number
    std::from_chars(name.data() + before.size(), name.data() + name.size(), layer);
    return layer >= layers;
  });
  return tensors;
}

LanguageModel::LanguageModel(const LanguageModelConfig& config, WeightScope weights)
    : config_(config),
      token_embedding_(
          weights.get("embedding.weight", {config.vocab_size, config.transformer.width}, Init::normal(0.02))),
      dtype_(token_embedding_.scalar_type()),
      unembedding_(config.tied ? Linear(token_embedding_, weights.precision())
                               : Linear(weights / "unembedding", config.transformer.width, config.vocab_size, false)),
      transformer_(config.transformer, weights) {
  if (weights.precision() != Precision::fp32) token_embedding_ = token_embedding_.to(torch::kBFloat16);
}

torch::Tensor LanguageModel::embed(const torch::Tensor& ids) const {
  return at::embedding(token_embedding_, ids.to(device())).to(dtype_);
}

torch::Tensor LanguageModel::hidden(const torch::Tensor& embeddings, const Pass& pass) const {
  return transformer_(embeddings, pass);
}

torch::Tensor LanguageModel::logits(const torch::Tensor& hidden, const Pass& pass) const {
  return unembedding_(hidden, pass);
}

KvCache LanguageModel::make_cache(std::int64_t rows, std::int64_t slots) const {
  return {config_.transformer, rows, slots, options()};
}

std::int64_t LanguageModel::cache_bytes(std::int64_t slots) const {
  const TransformerConfig& config = config_.transformer;
  const std::int64_t of_slot =
      2 * config.layers * config.kv_heads * config.head_width() * static_cast<std::int64_t>(c10::elementSize(dtype_));
  // No row is longer than max_positions, but a short one may go on behind the slots of the longest. Room is doubled as
  // it is needed, and what is there is copied, one layer after the other.
  return 2 * std::min(slots, 2 * config.max_positions) * of_slot;
}

}  // namespace noema
