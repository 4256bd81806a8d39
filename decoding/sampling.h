#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/random.h"
#include "decoding/options.h"
#include "text/tokenizer.h"

namespace noema {

/// A token that was chosen for one row.
struct TokenChoice {
  TokenId id = 0;
  double probability = 0.0;  ///< under the model, whatever the temperature
  double entropy = 0.0;      ///< of the model's distribution, in nats
};

/// Throws Error for senseless options.
void check_sampling(const SamplingOptions& options);

/// Entropy of the distribution of logits [...,V], in nats [...].
torch::Tensor entropy(const torch::Tensor& logits);

/// The most probable token of each row of logits [N,V], as [N,3] fp32: the token, its probability, and the entropy of
/// all. Computed where the logits are; to_choices() fetches it.
torch::Tensor most_probable(const torch::Tensor& logits);
std::vector<TokenChoice> to_choices(const torch::Tensor& choices /*[N,3]*/);

/// Chooses a token for each row of logits [N,V]. Row i draws from randoms[i] alone, and only when the temperature is
/// not 0: what a row gets does not depend on the others. Throws Error for senseless options.
std::vector<TokenChoice> choose_tokens(const torch::Tensor& logits, const SamplingOptions& options,
                                       std::span<Random* const> randoms);

}  // namespace noema
