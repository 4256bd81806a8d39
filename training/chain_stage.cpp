#include "training/chain_stage.h"

#include <torch/torch.h>

namespace noema {
namespace {

/// Places in the flattened texts of the states that predict the step tokens, in the order of steps.real_tokens().
torch::Tensor predicting_places(const ReasoningBatch& batch) {
  const torch::Tensor before = batch.places_before;
  std::vector<std::int64_t> places;
  for (std::int64_t step = 0; step < batch.steps_count(); ++step) {
    const std::int64_t first = before[step].item<std::int64_t>();
    for (std::int64_t t = 0; t < batch.steps.lengths[static_cast<std::size_t>(step)]; ++t) places.push_back(first + t);
  }
  return torch::tensor(places, torch::kLong);
}

class ChainStage final : public Stage {
 public:
  explicit ChainStage(const LanguageModel& model) : model_(model) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator&) const override {
    return {{"tokens", token_cross_entropy(chain_logits(model_, batch), batch.steps.real_tokens())}};
  }

  Counts measure(const ReasoningBatch& batch) const override {
    const torch::Tensor right = chain_logits(model_, batch).argmax(-1) == batch.steps.real_tokens();
    const torch::Tensor rows = batch.steps.real_places().div(batch.steps.width(), "floor");
    const torch::Tensor mistakes =
        torch::zeros({batch.steps_count()}, torch::kLong).index_add(0, rows, (~right).to(torch::kLong));
    Counts counts;
    count_exact(counts, "", mistakes == 0, batch);
    return counts;
  }

  std::string selected_by() const override { return "questions"; }

  std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const override {
    const torch::Tensor ids = chain_logits(model_, batch).argmax(-1).narrow(0, 0, batch.steps.lengths.front());
    TokenIds written;
    for (std::int64_t t = 0; t + 1 < ids.size(0); ++t) {
      written.push_back(static_cast<TokenId>(ids[t].item<std::int64_t>()));
    }
    return "« " + tokenizer.decode(written) + " »";
  }

 private:
  const LanguageModel& model_;
};

}  // namespace

std::unique_ptr<Stage> make_chain_stage(const LanguageModel& model) { return std::make_unique<ChainStage>(model); }

torch::Tensor chain_logits(const LanguageModel& model, const ReasoningBatch& batch) {
  const Positions at = causal_positions(batch.texts.lengths, batch.texts.width(), batch.texts.ids.device());
  const torch::Tensor hidden = model.hidden(model.embed(batch.texts.ids), {at}).flatten(0, 1);
  return model.logits(hidden.index_select(0, predicting_places(batch)), {at});
}

}  // namespace noema
