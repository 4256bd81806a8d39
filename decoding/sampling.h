#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "decoding/options.h"
#include "nn/token_stream.h"
#include "sentence_vae/batch.h"

namespace noema {

/// A token that was chosen for one row.
struct TokenChoice {
  TokenId id = 0;
  double probability = 0.0;  ///< under the model, whatever the temperature
  double entropy = 0.0;      ///< of the model's distribution, in nats
};

/// Entropy of the distribution of logits [...,V], in nats [...].
torch::Tensor entropy(const torch::Tensor& logits);

/// Chooses a token for each row of logits [N,V]. Row i draws from randoms[i] alone, and only when the temperature is
/// not 0: what a row gets does not depend on the others. Throws Error for senseless options.
std::vector<TokenChoice> choose_tokens(const torch::Tensor& logits, const SamplingOptions& options,
                                       std::span<Random* const> randoms);

/// A sentence in the writing: tokens without the newline, and what the model thought of them.
struct WrittenSentence {
  TokenIds tokens;
  bool ended = false;  ///< with a newline; otherwise it was cut off
  std::int64_t choices = 0;
  double probability_sum = 0.0, entropy_sum = 0.0;

  /// Takes in one more token; the sentence has ended when it is the newline.
  void add(const TokenChoice& choice, TokenId newline);
  double probability() const { return choices > 0 ? probability_sum / static_cast<double>(choices) : 0.0; }
  double entropy() const { return choices > 0 ? entropy_sum / static_cast<double>(choices) : 0.0; }
};

/// Writes one sentence a row, to the newline or `max_tokens`. `passes`, if given, counts forward passes.
std::vector<WrittenSentence> write_sentences(TokenStream& stream, const SamplingOptions& options,
                                             std::vector<Random*> randoms, TokenId newline, int max_tokens,
                                             std::int64_t* passes = nullptr);

}  // namespace noema
