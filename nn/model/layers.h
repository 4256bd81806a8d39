#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>

#include "nn/model/kv_cache.h"
#include "nn/model/lora.h"
#include "nn/model/observer.h"
#include "nn/model/positions.h"
#include "nn/model/transformer_config.h"
#include "nn/model/weights.h"

namespace noema {

/// What a forward pass carries along beside the hidden states.
struct Pass {
  const Positions& at;
  KvCache* cache = nullptr;                 ///< null: keys and values are those of the tokens given
  ComputeObserver* observer = nullptr;      ///< null: nobody watches
  std::optional<std::int64_t> layers = {};  ///< how many are run before the final norm; nothing: all
};

/// y = x Wᵀ + b, and what an adapter adds where the weights are to be adapted.
class Linear {
 public:
  Linear(WeightScope weights, std::int64_t inner, std::int64_t columns, bool bias, double deviation = 0.02);

  /// Of a weight [columns,inner] that something else uses, too.
  Linear(const torch::Tensor& weight, Precision precision);

  torch::Tensor operator()(const torch::Tensor& x /*[…,inner]*/, const Pass& pass) const;

 private:
  void lay_out(Precision precision);
  torch::Tensor product(const torch::Tensor& x) const;

  std::int64_t columns_, inner_;
  torch::Tensor weight_;  // [columns, inner]; undefined when a kernel has it
  torch::Tensor bias_;    // [columns], or undefined
  std::optional<LoraAdapter> adapter_;
  std::shared_ptr<const LinearKernel> kernel_;  // null: computed as trained
};

/// LayerNorm or RMSNorm over the last dimension.
class Norm {
 public:
  Norm(WeightScope weights, const TransformerConfig& config);
  torch::Tensor operator()(const torch::Tensor& x) const;

 private:
  torch::Tensor weight_;  // [D]
  torch::Tensor bias_;    // [D], or undefined: RMSNorm
  double epsilon_;
};

/// Rotary positions (RoFormer, arXiv 2104.09864) as Llama has them: the first half of a head turns against the second.
class Rotary {
 public:
  Rotary(const TransformerConfig& config, torch::Device device);
  torch::Tensor operator()(const torch::Tensor& x /*[B,T,N,Dh]*/, const Positions& at) const;  ///< [B,N,T,Dh]

 private:
  torch::Tensor cosine_;  // [max_positions, Dh/2] fp32
  torch::Tensor sine_;
};

/// Self-attention with grouped key and value heads.
class Attention {
 public:
  Attention(WeightScope weights, const TransformerConfig& config, std::int64_t layer, const Rotary* rotary);
  torch::Tensor operator()(const torch::Tensor& x /*[B,T,D]*/, const Pass& pass) const;

 private:
  torch::Tensor mix(torch::Tensor fused /*[B,T,(H+2Hkv)*Dh]*/, const Pass& pass) const;
  void show_weights(const torch::Tensor& queries, const torch::Tensor& keys, const Pass& pass) const;
  torch::Tensor convolved(const torch::Tensor& fused, const Pass& pass) const;

  std::int64_t layer_, heads_, kv_heads_, head_width_;
  const Rotary* rotary_;  // null: positions were added to the embeddings
  Linear qkv_;
  torch::Tensor convolution_;  // [K,1,(H+2Hkv)*Dh], or undefined
  Linear out_;
};

/// GELU (the tanh form, as GPT-2 has it) or SwiGLU.
class FeedForward {
 public:
  FeedForward(WeightScope weights, const TransformerConfig& config);
  torch::Tensor operator()(const torch::Tensor& x /*[B,T,D]*/, const Pass& pass) const;

 private:
  bool gated_;
  Linear in_;
  Linear out_;
};

/// Pre-norm block: attention, then feed-forward, each added to its input.
class TransformerLayer {
 public:
  TransformerLayer(WeightScope weights, const TransformerConfig& config, std::int64_t layer, const Rotary* rotary);
  torch::Tensor operator()(torch::Tensor x /*[B,T,D]*/, const Pass& pass) const;

 private:
  Norm attention_norm_;
  Attention attention_;
  Norm feed_forward_norm_;
  FeedForward feed_forward_;
};

}  // namespace noema
