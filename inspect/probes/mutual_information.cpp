#include "inspect/probes/mutual_information.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "nn/model/token_stream.h"

namespace noema {
namespace {

constexpr std::int64_t kLogitCells = 1 << 22;  // of a table of logits: 16 MB

/// log p of each token of the texts given those before it, and 0 for the first: one list a text. What it says of a
/// question's tokens, of which each text begins with so many, means nothing where they all see each other.
std::vector<std::vector<double>> token_log_probabilities(const LanguageModel& model, const Sentences& texts,
                                                         const std::vector<std::int64_t>& questions) {
  const Positions at =
      question_positions(model.config().transformer.mask, questions, texts.lengths, texts.width(), texts.ids.device());
  const torch::Tensor hidden = model.hidden(model.embed(texts.ids), {at, nullptr, nullptr}).flatten(0, 1);
  const torch::Tensor places = texts.real_places(), tokens = texts.ids.flatten();
  const std::int64_t together = std::max<std::int64_t>(1, kLogitCells / model.config().vocab_size);
  std::vector<double> flat(static_cast<std::size_t>(tokens.numel()), 0.0);
  for (std::int64_t first = 0; first < places.numel(); first += together) {
    const torch::Tensor block = places.narrow(0, first, std::min(together, places.numel() - first));
    // The token at a place is told by the state before it; what this says of a first token is not used.
    const torch::Tensor before = hidden.index_select(0, (block - 1).clamp_min(0));
    const torch::Tensor logits = model.logits(before, {single_positions(block.numel()), nullptr, nullptr});
    const torch::Tensor chosen = logits.to(torch::kFloat32)
                                     .log_softmax(-1)
                                     .gather(1, tokens.index_select(0, block).unsqueeze(1))
                                     .squeeze(1)
                                     .to(torch::kFloat64);
    for (std::int64_t i = 0; i < block.numel(); ++i) {
      flat[static_cast<std::size_t>(block[i].item<std::int64_t>())] = chosen[i].item<double>();
    }
  }
  std::vector<std::vector<double>> lists;
  for (std::int64_t row = 0; row < texts.count(); ++row) {
    const auto begin = flat.begin() + static_cast<std::ptrdiff_t>(row * texts.width());
    lists.emplace_back(begin, begin + texts.lengths[static_cast<std::size_t>(row)]);
    lists.back().front() = 0.0;
  }
  return lists;
}

}  // namespace

std::vector<SentenceLikelihood> sentence_likelihoods(const LanguageModel& model,
                                                     const std::vector<TokenizedReasoning>& texts, TokenId newline) {
  std::vector<TokenIds> whole, single;
  std::vector<std::int64_t> questions;
  for (const TokenizedReasoning& text : texts) {
    whole.push_back(text.question);
    questions.push_back(static_cast<std::int64_t>(text.question.size()));
    for (const TokenIds& step : text.steps) {
      whole.back().insert(whole.back().end(), step.begin(), step.end());
      single.push_back({newline});
      single.back().insert(single.back().end(), step.begin(), step.end());
    }
  }
  const auto in_context = token_log_probabilities(model, pad(whole), questions);
  const auto alone = token_log_probabilities(model, pad(single), std::vector<std::int64_t>(single.size(), 1));
  std::vector<SentenceLikelihood> all;
  for (std::size_t text = 0; text < texts.size(); ++text) {
    auto at = in_context[text].begin() + static_cast<std::ptrdiff_t>(texts[text].question.size());
    for (const TokenIds& step : texts[text].steps) {
      const auto end = at + static_cast<std::ptrdiff_t>(step.size());
      const auto& by_itself = alone[all.size()];
      all.push_back({std::accumulate(at, end, 0.0), std::accumulate(by_itself.begin(), by_itself.end(), 0.0),
                     static_cast<std::int64_t>(step.size())});
      at = end;
    }
  }
  return all;
}

}  // namespace noema
