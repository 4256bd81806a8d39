#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "nn/model/layers.h"

namespace noema {

/// A transformer from embeddings to hidden states. Const after construction; may be shared by threads.
class Transformer {
 public:
  /// Throws Error when the config is senseless or the weights have other shapes.
  Transformer(const TransformerConfig& config, WeightScope weights);

  /// Hidden states after the final norm [B,T,D] of embeddings [B,T,D]; positions are added or turned in here.
  torch::Tensor operator()(torch::Tensor embeddings, const Pass& pass) const;

  /// The final norm alone, of a layer's output [...,D].
  torch::Tensor normed(const torch::Tensor& x) const { return final_norm_(x); }

  const TransformerConfig& config() const { return config_; }

 private:
  TransformerConfig config_;
  torch::Tensor learned_positions_;  // [max_positions, D], or undefined
  std::unique_ptr<const Rotary> rotary_;
  std::vector<TransformerLayer> layers_;
  Norm final_norm_;
};

}  // namespace noema
