#include "nn/model/transformer.h"

#include <torch/torch.h>

#include "base/error.h"

namespace noema {
namespace {

const TransformerConfig& checked(const TransformerConfig& config) {
  config.check("architecture");
  return config;
}

}  // namespace

Transformer::Transformer(const TransformerConfig& config, WeightScope weights)
    : config_(checked(config)), final_norm_(weights / "final_norm", config) {
  if (config.position == TransformerConfig::Position::learned) {
    learned_positions_ = weights.get("positions.weight", {config.max_positions, config.width}, Init::normal(0.02));
  } else {
    rotary_ = std::make_unique<const Rotary>(config, weights.device());
  }
  for (std::int64_t i = 0; i < config.layers; ++i) {
    layers_.emplace_back(weights / "layers" / std::to_string(i), config, i, rotary_.get());
  }
}

torch::Tensor Transformer::operator()(torch::Tensor x, const Pass& pass) const {
  if (x.dim() != 3 || x.size(2) != config_.width || x.size(1) > config_.max_positions) {
    throw Error({"Transformer",
                 "embeddings [B,T,D] with T up to " + std::to_string(config_.max_positions) + " and D " +
                     std::to_string(config_.width),
                 "a tensor of " + std::to_string(x.dim()) + " dimensions, the last two " + std::to_string(x.size(-2)) +
                     " and " + std::to_string(x.size(-1)),
                 ""});
  }
  if (learned_positions_.defined()) x = x + at::embedding(learned_positions_, pass.at.index);
  const std::size_t run = pass.layers ? static_cast<std::size_t>(*pass.layers) : layers_.size();
  for (std::size_t i = 0; i < run; ++i) {
    x = layers_[i](x, pass);
    if (pass.observer) pass.observer->on_layer(static_cast<int>(i), pass.at, x);
  }
  return final_norm_(x);
}

}  // namespace noema
