#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/model/transformer_config.h"

namespace noema {

/// On which side of a batch of unequal rows the padding stands.
enum class Padding { left, right };

/// Where the tokens of a forward pass stand in their rows, and what each of them may look at.
struct Positions {
  torch::Tensor index;  ///< [B,T] or [1,T] int64: place of each token in its row, padding not counted
  torch::Tensor mask;  ///< [B,1,T,K] bool, true where a query may look; undefined where `causal` says it all, and where
                       ///< every query sees every key
  bool causal = true;  ///< queries and keys are the same tokens and each sees itself and what is before it

  /// Per row, for the observers: real tokens, and pairs of a query and a key that it sees.
  std::vector<std::int64_t> row_tokens;
  std::vector<std::int64_t> row_pairs;
};

/// Positions of a batch padded on the right to `width` tokens, computed without a cache. Causal attention needs no mask
/// there: the padding comes after everything that looks.
Positions causal_positions(const std::vector<std::int64_t>& lengths, std::int64_t width, torch::Device device);

/// One token a row: for costs counted where only the last position is scored.
Positions single_positions(std::int64_t rows);

/// Those of rows padded on the right of which the first questions[b] tokens are a question's, under either mask.
Positions question_positions(TransformerConfig::Mask mask, const std::vector<std::int64_t>& questions,
                             const std::vector<std::int64_t>& lengths, std::int64_t width, torch::Device device);

}  // namespace noema
