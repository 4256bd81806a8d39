#include "decoding/sampling.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace noema {
namespace {

torch::Tensor entropy_of(const torch::Tensor& log_probabilities) {
  return -(log_probabilities.exp() * log_probabilities).sum(-1);
}

/// A draw among the tokens that top-k and top-p leave, by inversion.
TokenId draw(const float* log_probabilities, std::int64_t vocab, const SamplingOptions& options, Random& random) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(vocab));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return log_probabilities[a] > log_probabilities[b]; });
  if (options.top_k > 0 && options.top_k < vocab) order.resize(static_cast<std::size_t>(options.top_k));
  std::vector<double> weights;
  for (const std::int64_t id : order) {
    weights.push_back(std::exp((log_probabilities[id] - log_probabilities[order[0]]) / options.temperature));
  }
  const double whole = std::accumulate(weights.begin(), weights.end(), 0.0);
  double kept = 0.0;
  std::size_t count = 0;
  while (count < weights.size() && kept < options.top_p * whole) kept += weights[count++];
  double left = random.uniform() * kept;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    left -= weights[i];
    if (left < 0.0) return static_cast<TokenId>(order[i]);
  }
  return static_cast<TokenId>(order[count - 1]);
}

}  // namespace

void check_sampling(const SamplingOptions& options) {
  if (options.temperature >= 0.0 && std::isfinite(options.temperature) && options.top_k >= 0 && options.top_p > 0.0 &&
      options.top_p <= 1.0) {
    return;
  }
  throw Error({"sampling options", "temperature ≥ 0, top_k ≥ 0 and 0 < top_p ≤ 1",
               std::to_string(options.temperature) + ", " + std::to_string(options.top_k) + " and " +
                   std::to_string(options.top_p),
               "correct them"});
}

torch::Tensor entropy(const torch::Tensor& logits) { return entropy_of(logits.to(torch::kFloat32).log_softmax(-1)); }

torch::Tensor most_probable(const torch::Tensor& logits) {
  const torch::Tensor log_probabilities = logits.to(torch::kFloat32).log_softmax(-1);  // [N,V]
  const torch::Tensor best = log_probabilities.argmax(-1, true);
  return torch::cat(
      {best.to(torch::kFloat32), log_probabilities.gather(-1, best).exp(), entropy_of(log_probabilities).unsqueeze(-1)},
      -1);
}

std::vector<TokenChoice> to_choices(const torch::Tensor& choices) {
  std::vector<TokenChoice> all;
  const torch::Tensor here = choices.cpu().contiguous();
  const auto values = here.accessor<float, 2>();
  for (std::int64_t row = 0; row < here.size(0); ++row) {
    all.push_back({static_cast<TokenId>(values[row][0]), values[row][1], values[row][2]});
  }
  return all;
}

std::vector<TokenChoice> choose_tokens(const torch::Tensor& logits, const SamplingOptions& options,
                                       std::span<Random* const> randoms) {
  check_sampling(options);
  if (options.temperature == 0.0) return to_choices(most_probable(logits));
  const torch::Tensor log_probabilities = logits.to(torch::kFloat32).log_softmax(-1).cpu().contiguous();  // [N,V]
  const torch::Tensor entropies = entropy_of(log_probabilities);                                          // [N]
  std::vector<TokenChoice> choices;
  for (std::int64_t row = 0; row < logits.size(0); ++row) {
    const float* scores = log_probabilities.data_ptr<float>() + row * logits.size(1);
    TokenChoice choice;
    choice.id = draw(scores, logits.size(1), options, *randoms[static_cast<std::size_t>(row)]);
    choice.probability = std::exp(scores[choice.id]);
    choice.entropy = entropies.data_ptr<float>()[row];
    choices.push_back(choice);
  }
  return choices;
}

}  // namespace noema
