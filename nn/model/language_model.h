#pragma once

#include <torch/types.h>

#include "nn/model/transformer.h"

namespace noema {

/// A transformer between token ids and logits.
struct LanguageModelConfig {
  std::int64_t vocab_size = 1024;  ///< V
  TransformerConfig transformer;
  bool tied = true;  ///< the same matrix embeds the tokens and scores them

  void fields(Fields& fields);
  void check(const std::string& where) const { transformer.check(where); }
};

/// The tensors of a language model, with `prefix` before their names, without the layers above the first `layers`.
TensorMap first_layers(TensorMap tensors, std::int64_t layers, const std::string& prefix = "");

/// The backbone of every part: a token model by itself, and the encoder, decoder and concept model of the latent ones.
class LanguageModel {
 public:
  LanguageModel(const LanguageModelConfig& config, WeightScope weights);

  /// Token embeddings [B,T,D] of ids [B,T] (int64), which may be on another device.
  torch::Tensor embed(const torch::Tensor& ids) const;

  /// Hidden states [B,T,D] after the final norm.
  torch::Tensor hidden(const torch::Tensor& embeddings /*[B,T,D]*/, const Pass& pass) const;

  /// The final norm alone, of a layer's output [...,D]: what `hidden` would be if the layers ended there.
  torch::Tensor normed(const torch::Tensor& x) const { return transformer_.normed(x); }

  /// Scores [...,V] of hidden states [...,D].
  torch::Tensor logits(const torch::Tensor& hidden, const Pass& pass) const;

  const LanguageModelConfig& config() const { return config_; }
  std::int64_t width() const { return config_.transformer.width; }

  /// Type and device of the hidden states.
  torch::TensorOptions options() const { return token_embedding_.options().dtype(dtype_).requires_grad(false); }
  torch::Device device() const { return token_embedding_.device(); }

  /// An empty cache of this model's shape, device and precision.
  KvCache make_cache(std::int64_t rows, std::int64_t slots) const;

  /// Bytes that a row of a cache with so many slots takes, at most, while it grows and while rows are kept.
  std::int64_t cache_bytes(std::int64_t slots) const;

 private:
  LanguageModelConfig config_;
  torch::Tensor token_embedding_;  // [V,D]; looked up alone where a kernel has the unembedding: then in bf16
  torch::Dtype dtype_;             // of the hidden states
  Linear unembedding_;             // with the same weight when tied
  Transformer transformer_;
};

}  // namespace noema
