#include "training/stages/chain_stage.h"

#include <torch/torch.h>

#include "nn/model/token_stream.h"

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

/// Places in the flattened texts of the states that predict the question's tokens after the first. What siblings share
/// is not in these texts.
torch::Tensor question_places(const ReasoningBatch& batch) {
  std::vector<std::int64_t> places;
  for (std::int64_t row = 0; row < batch.texts_count(); ++row) {
    for (std::int64_t t = 0; t + 1 < batch.questions.lengths[static_cast<std::size_t>(row)]; ++t) {
      places.push_back(row * batch.texts.width() + t);
    }
  }
  return torch::tensor(places, torch::kLong);
}

torch::Tensor logits_at(const LanguageModel& model, const torch::Tensor& hidden, const torch::Tensor& places) {
  const torch::Tensor chosen = hidden.index_select(0, places);
  return model.logits(chosen, {single_positions(chosen.size(0))});
}

class ChainTraining final : public Stage {
 public:
  ChainTraining(const LanguageModel& model, const ChainStage& options) : model_(model), options_(options) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator&) const override {
    const torch::Tensor hidden = text_states(model_, batch);
    LossTerms terms = {
        {"steps", token_cross_entropy(logits_at(model_, hidden, predicting_places(batch)), batch.steps.real_tokens())}};
    if (options_.question_weight > 0.0) {
      const torch::Tensor places = question_places(batch);
      const torch::Tensor tokens = batch.texts.ids.flatten().index_select(0, places + 1);
      terms.push_back(
          {"question", token_cross_entropy(logits_at(model_, hidden, places), tokens), options_.question_weight});
    }
    if (options_.hint_weight > 0.0) terms.push_back({"hints", hint_loss(model_, hidden, batch), options_.hint_weight});
    return terms;
  }

  Counts measure(const ReasoningBatch& batch) const override {
    Counts counts;
    count_exact(counts, "", exact_sentences(chain_logits(model_, batch), batch.steps), batch);
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
  ChainStage options_;
};

}  // namespace

std::unique_ptr<Stage> make_chain_stage(const LanguageModel& model, const ChainStage& options) {
  return std::make_unique<ChainTraining>(model, options);
}

torch::Tensor hint_loss(const LanguageModel& model, const torch::Tensor& states, const ReasoningBatch& batch) {
  const BatchHints& hints = batch.hints;
  if (hints.places.numel() == 0) return states.sum() * 0.0;
  const std::int64_t width = states.size(0) / batch.texts_count();
  const torch::Tensor places = hints.rows * width + hints.places;
  const torch::Tensor log_probability = logits_at(model, states, places).log_softmax(-1);  // [K,V]
  const torch::Tensor chosen = log_probability.index({hints.hint_of, hints.tokens});       // [M]
  return -(chosen * hints.shares).sum() / hints.places.numel();
}

torch::Tensor chain_logits(const LanguageModel& model, const torch::Tensor& states, const ReasoningBatch& batch) {
  return logits_at(model, states, predicting_places(batch));
}

torch::Tensor chain_logits(const LanguageModel& model, const ReasoningBatch& batch) {
  return chain_logits(model, text_states(model, batch), batch);
}

}  // namespace noema
