#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/model/hidden_stream.h"

namespace noema {

/// Rows of text that grow by one token at a time, and the scores of the token that comes next. What a sampler works on:
/// it need not know whether a question or a sentence embedding stands before the tokens.
class TokenStream {
 public:
  /// Starts behind the embeddings [N,T,D] of what stands before, row n filling lengths[n] of them, padded on the left.
  /// `room`: how many tokens are expected in all. The model and the observer must outlive the stream.
  TokenStream(const LanguageModel& model, const torch::Tensor& embeddings, const std::vector<std::int64_t>& lengths,
              std::int64_t room, ComputeObserver* observer = nullptr);

  /// Scores of the next token [N,V].
  const torch::Tensor& logits() const { return logits_; }

  /// What the rows have read.
  const HiddenStream& stream() const { return stream_; }

  /// Appends one token to each row; ids [N] int64.
  void append(const torch::Tensor& ids);

  /// Goes on with these rows only.
  void keep(const std::vector<std::int64_t>& rows);

  /// Takes in the rows of another stream of the same model, behind its own.
  void join(const TokenStream& other);

 private:
  torch::Tensor score() const;

  const LanguageModel* model_;
  ComputeObserver* observer_;
  HiddenStream stream_;
  torch::Tensor logits_;  // [N,V]
};

/// One token a row: for costs counted where only the last position is scored.
Positions single_positions(std::int64_t rows);

}  // namespace noema
