#include "sentence_vae/losses.h"

#include <torch/torch.h>

namespace noema {

torch::Tensor total(const LossTerms& terms) {
  torch::Tensor sum = terms.front().weight * terms.front().value;
  for (std::size_t i = 1; i < terms.size(); ++i) sum = sum + terms[i].weight * terms[i].value;
  return sum;
}

torch::Tensor token_cross_entropy(const torch::Tensor& logits, const torch::Tensor& tokens) {
  return at::cross_entropy_loss(logits, tokens.to(logits.device()));
}

torch::Tensor info_nce(const torch::Tensor& queries, const torch::Tensor& keys, double temperature,
                       const std::optional<torch::Tensor>& numbers) {
  const auto unit = [](const torch::Tensor& x) { return x / x.norm(2, -1, true).clamp_min(1e-8); };
  torch::Tensor scores = at::matmul(unit(queries), unit(keys).t()) / temperature;  // [N,N]
  if (numbers) {
    torch::Tensor same = numbers->unsqueeze(0) == numbers->unsqueeze(1);
    same = same & ~torch::eye(scores.size(0), same.options());
    scores = scores.masked_fill(same, -1e4);
  }
  return at::cross_entropy_loss(scores, torch::arange(scores.size(0), scores.options().dtype(torch::kLong)));
}

torch::Tensor gaussian_kl(const torch::Tensor& mean, const torch::Tensor& log_variance) {
  const torch::Tensor divergence = 0.5 * (mean.square() + log_variance.exp() - 1.0 - log_variance);  // [N,Z]
  return divergence.mean(0).sum();
}

torch::Tensor energy_score(const torch::Tensor& draws, const torch::Tensor& targets, double exponent) {
  constexpr double kTiny = 1e-12;  // under the root, whose slope at zero is not finite
  const auto distance = [&](const torch::Tensor& difference) {
    return (difference.square().sum(-1) + kTiny).pow(exponent / 2.0);
  };
  const std::int64_t count = draws.size(0);
  const torch::Tensor to_target = distance(draws - targets).mean();
  const torch::Tensor between = distance(draws.unsqueeze(0) - draws.unsqueeze(1));  // [K,K,N]
  const torch::Tensor pairs = 1.0 - torch::eye(count, between.options().requires_grad(false)).unsqueeze(-1);
  return 2.0 * to_target - (between * pairs).sum() / static_cast<double>(count * (count - 1) * targets.size(0));
}

}  // namespace noema
