#include "training/stages/objective.h"

#include <torch/torch.h>

#include <numeric>

namespace noema {
namespace {

constexpr int kSampleTokens = 32;

std::string first_sentence(const Sentences& sentences, const Tokenizer& tokenizer) {
  TokenIds ids;
  for (std::int64_t t = 0; t + 1 < sentences.lengths.front(); ++t) {
    ids.push_back(static_cast<TokenId>(sentences.ids[0][t].item<std::int64_t>()));
  }
  return tokenizer.decode(ids);
}

}  // namespace

void add_to(Counts& sums, const Counts& counts) {
  for (const auto& [name, count] : counts) {
    sums[name].first += count.first;
    sums[name].second += count.second;
  }
}

double ReasoningMicroBatch::weight() const {
  const std::vector<std::int64_t>& lengths = content.steps.lengths;
  return static_cast<double>(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0}));
}

void count_exact(Counts& counts, const std::string& prefix, const torch::Tensor& exact, const ReasoningBatch& batch) {
  const auto count = [&](const std::string& name, const torch::Tensor& hits) {
    counts[prefix + name].first += hits.sum().item<double>();
    counts[prefix + name].second += static_cast<double>(hits.numel());
  };
  count("steps", exact);
  count("answers", exact.masked_select(batch.is_last));
  std::int64_t first = 0;
  for (const std::int64_t steps : batch.step_counts) {
    count("questions", exact.narrow(0, first, steps).all().view({1}));
    first += steps;
  }
}

std::string sample_decoding(const SentenceDecoder& decoder, const torch::Tensor& z, const ReasoningBatch& batch,
                            const Tokenizer& tokenizer) {
  const auto writer = decoder.begin(z.narrow(0, 0, 1));
  TokenIds ids;
  for (int t = 0; t < kSampleTokens; ++t) {
    const torch::Tensor next = writer->logits().argmax(-1);
    ids.push_back(static_cast<TokenId>(next.item<std::int64_t>()));
    if (ids.back() == tokenizer.newline()) break;
    writer->append(next);
  }
  std::string written = tokenizer.decode(ids);
  if (written.ends_with('\n')) written.pop_back();
  return "« " + first_sentence(batch.steps, tokenizer) + " » → « " + written + " »";
}

}  // namespace noema
