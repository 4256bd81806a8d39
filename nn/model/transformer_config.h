#pragma once

#include <cstdint>
#include <string>

#include "base/fields.h"

namespace noema {

/// The shape and style of a transformer. GPT-2 and Llama are settings of one code path.
struct TransformerConfig {
  enum class Position { learned, rotary };
  enum class Norm { layer, rms };
  enum class FeedForward { gelu, swiglu };
  enum class Mask { causal, prefix };

  std::int64_t layers = 5;
  std::int64_t width = 160;          ///< D
  std::int64_t heads = 5;            ///< H; divides the width
  std::int64_t kv_heads = 5;         ///< divides the heads; fewer than heads: grouped-query attention
  std::int64_t feed_forward = 416;   ///< hidden width of the feed-forward block
  std::int64_t max_positions = 512;  ///< longest row
  Position position = Position::rotary;
  Norm norm = Norm::rms;
  FeedForward activation = FeedForward::swiglu;
  bool biases = false;  ///< on every linear map
  /// Taps of a causal convolution over queries, keys and values, each column by itself (Primer, arXiv 2109.08668,
  /// section 3); 0: none. A head then finds "what stood after the same word" without a layer that looks one place back
  /// first.
  std::int64_t convolution = 0;
  /// prefix: the tokens of a question all see each other, what comes after it is causal (prefix LM, arXiv 1910.10683,
  /// section 3.2.1). What a question asks for is then known wherever its text is read.
  Mask mask = Mask::causal;
  double norm_epsilon = 1e-5;
  double rotary_base = 10000.0;

  std::int64_t head_width() const { return width / heads; }

  void fields(Fields& fields);

  /// Throws Error, naming `where`, unless the sizes fit together and are within sane limits.
  void check(const std::string& where) const;
};

/// Learned positions, LayerNorm, GELU, biases.
TransformerConfig gpt2_style(std::int64_t layers, std::int64_t width, std::int64_t heads, std::int64_t max_positions);

/// Rotary positions, RMSNorm, SwiGLU, no biases.
TransformerConfig llama_style(std::int64_t layers, std::int64_t width, std::int64_t heads, std::int64_t kv_heads,
                              std::int64_t feed_forward, std::int64_t max_positions);

}  // namespace noema
