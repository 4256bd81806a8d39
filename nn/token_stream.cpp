#include "nn/token_stream.h"

#include <torch/torch.h>

namespace noema {
namespace {

class CachedStream final : public TokenStream {
 public:
  CachedStream(const LanguageModel& model, const torch::Tensor& embeddings, const std::vector<std::int64_t>& lengths,
               std::int64_t slots, ComputeObserver* observer)
      : model_(model), cache_(model.make_cache(embeddings.size(0), slots)), observer_(observer) {
    const Positions at = cache_.extend(lengths, embeddings.size(1), Padding::left);
    score(model_.hidden(embeddings, {at, &cache_, observer_}));
  }

  torch::Tensor logits() const override { return logits_; }

  void append(const torch::Tensor& ids) override {
    const Positions at = cache_.extend();
    score(model_.hidden(model_.embed(ids.unsqueeze(1)), {at, &cache_, observer_}));
  }

  void keep(const std::vector<std::int64_t>& rows) override {
    cache_.keep(rows);
    logits_ = logits_.index_select(0, torch::tensor(rows, torch::kLong).to(logits_.device()));
  }

 private:
  void score(const torch::Tensor& hidden /*[N,T,D]*/) {
    logits_ = model_.logits(hidden.select(1, -1), {single_positions(hidden.size(0)), nullptr, observer_});
  }

  const LanguageModel& model_;
  KvCache cache_;
  ComputeObserver* observer_;
  torch::Tensor logits_;  // [N,V]
};

}  // namespace

std::unique_ptr<TokenStream> stream_tokens(const LanguageModel& model, const torch::Tensor& embeddings,
                                           const std::vector<std::int64_t>& lengths, std::int64_t slots,
                                           ComputeObserver* observer) {
  return std::make_unique<CachedStream>(model, embeddings, lengths, slots, observer);
}

Positions single_positions(std::int64_t rows) {
  Positions at;
  at.row_tokens.assign(static_cast<std::size_t>(rows), 1);
  at.row_pairs = at.row_tokens;
  return at;
}

}  // namespace noema
