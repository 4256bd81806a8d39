#pragma once

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

namespace noema {

/// One term of a loss: `weight * value` is added; `value` is what is shown.
struct LossTerm {
  std::string name;
  torch::Tensor value;
  double weight = 1.0;
};
using LossTerms = std::vector<LossTerm>;

/// The weighted sum. At least one term.
torch::Tensor total(const LossTerms& terms);

/// Mean cross-entropy, in nats, of tokens [M], which may be on another device, under logits [M,V].
torch::Tensor token_cross_entropy(const torch::Tensor& logits, const torch::Tensor& tokens);

/// InfoNCE (arXiv 1807.03748) with cosine similarity: each query [N,D] is to find its key [N,D] among all N.
/// Mean over queries, in nats. `numbers` [N]: other keys with the query's own number are no negatives (the same
/// sentence twice in a batch is not a contradiction).
torch::Tensor info_nce(const torch::Tensor& queries, const torch::Tensor& keys, double temperature,
                       const std::optional<torch::Tensor>& numbers = std::nullopt);

/// Energy score (Gneiting and Raftery 2007, section 4.3) of draws [K,N,Z], K of them for each target [N,Z]: twice the
/// mean distance to the target less the mean distance between two draws, mean over N. Its least expected value is at
/// the distribution that the targets come from. Distances are Euclidean, to the power `exponent`, above 0 and below 2.
torch::Tensor energy_score(const torch::Tensor& draws, const torch::Tensor& targets, double exponent);

/// Divergence of N(mean, exp(log_variance)) [N,Z] from the standard normal (VAE, arXiv 1312.6114, appendix B): summed
/// over Z, mean over N, in nats.
torch::Tensor gaussian_kl(const torch::Tensor& mean, const torch::Tensor& log_variance);

}  // namespace noema
