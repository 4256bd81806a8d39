#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/language_model.h"

namespace noema {

/// Rows of text that grow by one token at a time, and the scores of the token that comes next. What a sampler works on:
/// it need not know whether a question or a sentence embedding stands before the tokens.
class TokenStream {
 public:
  virtual ~TokenStream() = default;

  /// Scores of the next token [N,V].
  virtual torch::Tensor logits() const = 0;

  /// Appends one token to each row; ids [N] int64.
  virtual void append(const torch::Tensor& ids) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// A stream that starts from the embeddings [N,T,D] of what stands before, row n filling lengths[n] of them, padded on
/// the left. `slots`: how many tokens are expected in all. The model must outlive the stream.
std::unique_ptr<TokenStream> stream_tokens(const LanguageModel& model, const torch::Tensor& embeddings,
                                           const std::vector<std::int64_t>& lengths, std::int64_t slots,
                                           ComputeObserver* observer);

/// One token a row: for costs counted where only the last position is scored.
Positions single_positions(std::int64_t rows);

}  // namespace noema
