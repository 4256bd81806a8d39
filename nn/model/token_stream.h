#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/model/hidden_stream.h"

namespace noema {

/// Rows of text in the writing: the scores of each row's next token, and what the rows go on with. What a sampler works
/// on: it need not know what stands before the tokens, a question or a sentence embedding.
class TokenWriter {
 public:
  virtual ~TokenWriter() = default;

  /// Scores of the next token [N,V].
  virtual const torch::Tensor& logits() const = 0;

  /// Appends one token to each row; ids [N] int64.
  virtual void append(const torch::Tensor& ids) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// Texts that a language model has read.
class TokenStream final : public TokenWriter {
 public:
  /// Starts after the embeddings [N,T,D] of what stands before, row n filling lengths[n] of them, padded on the left.
  /// `room`: how many tokens are expected in all. The model and the observer must outlive the stream.
  TokenStream(const LanguageModel& model, const torch::Tensor& embeddings, const std::vector<std::int64_t>& lengths,
              std::int64_t room, ComputeObserver* observer = nullptr);

  const torch::Tensor& logits() const override { return logits_; }
  void append(const torch::Tensor& ids) override;
  void keep(const std::vector<std::int64_t>& rows) override;

  /// What the rows have read.
  const HiddenStream& stream() const { return stream_; }

  /// Takes in the rows of another stream of the same model, after its own.
  void join(const TokenStream& other);

 private:
  torch::Tensor score() const;

  const LanguageModel* model_;
  ComputeObserver* observer_;
  HiddenStream stream_;
  torch::Tensor logits_;  // [N,V]
};

}  // namespace noema
