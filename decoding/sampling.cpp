#include "decoding/sampling.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace noema {
namespace {

void check(const SamplingOptions& options) {
  if (options.temperature >= 0.0 && std::isfinite(options.temperature) && options.top_k >= 0 && options.top_p > 0.0 &&
      options.top_p <= 1.0) {
    return;
  }
  throw Error({"sampling options", "temperature ≥ 0, top_k ≥ 0 and 0 < top_p ≤ 1",
               std::to_string(options.temperature) + ", " + std::to_string(options.top_k) + " and " +
                   std::to_string(options.top_p),
               "correct them"});
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

torch::Tensor entropy(const torch::Tensor& logits) {
  const torch::Tensor log_probabilities = logits.to(torch::kFloat32).log_softmax(-1);
  return -(log_probabilities.exp() * log_probabilities).sum(-1);
}

std::vector<TokenChoice> choose_tokens(const torch::Tensor& logits, const SamplingOptions& options,
                                       std::span<Random* const> randoms) {
  check(options);
  const torch::Tensor log_probabilities = logits.to(torch::kFloat32).log_softmax(-1).cpu().contiguous();  // [N,V]
  const torch::Tensor entropies = entropy(log_probabilities);                                             // [N]
  const torch::Tensor best = log_probabilities.argmax(-1);
  std::vector<TokenChoice> choices;
  for (std::int64_t row = 0; row < logits.size(0); ++row) {
    const float* scores = log_probabilities.data_ptr<float>() + row * logits.size(1);
    TokenChoice choice;
    choice.id = options.temperature > 0.0
                    ? draw(scores, logits.size(1), options, *randoms[static_cast<std::size_t>(row)])
                    : static_cast<TokenId>(best.data_ptr<std::int64_t>()[row]);
    choice.probability = std::exp(scores[choice.id]);
    choice.entropy = entropies.data_ptr<float>()[row];
    choices.push_back(choice);
  }
  return choices;
}

void WrittenSentence::add(const TokenChoice& choice, TokenId newline) {
  ++choices;
  probability_sum += choice.probability;
  entropy_sum += choice.entropy;
  ended = choice.id == newline;
  if (!ended) tokens.push_back(choice.id);
}

std::vector<WrittenSentence> write_sentences(TokenStream& stream, const SamplingOptions& options,
                                             std::vector<Random*> randoms, TokenId newline, int max_tokens,
                                             std::int64_t* passes) {
  std::vector<WrittenSentence> sentences(randoms.size());
  std::vector<std::size_t> active(randoms.size());  // the sentence of each row of the stream
  std::iota(active.begin(), active.end(), std::size_t{0});
  if (passes) ++*passes;
  while (true) {
    const auto choices = choose_tokens(stream.logits(), options, randoms);
    std::vector<std::int64_t> going, ids;
    for (std::size_t row = 0; row < active.size(); ++row) {
      WrittenSentence& sentence = sentences[active[row]];
      sentence.add(choices[row], newline);
      if (sentence.ended || sentence.choices >= max_tokens) continue;
      going.push_back(static_cast<std::int64_t>(row));
      ids.push_back(choices[row].id);
    }
    if (going.empty()) return sentences;
    if (going.size() < active.size()) {
      stream.keep(going);
      for (std::size_t i = 0; i < going.size(); ++i) {
        active[i] = active[static_cast<std::size_t>(going[i])];
        randoms[i] = randoms[static_cast<std::size_t>(going[i])];
      }
      active.resize(going.size());
      randoms.resize(going.size());
    }
    stream.append(torch::tensor(ids, torch::kLong));
    if (passes) ++*passes;
  }
}

}  // namespace noema
