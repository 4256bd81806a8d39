#include "training/stages/chain_stage.h"

#include <torch/torch.h>

#include "base/error.h"
#include "nn/model/index_tensor.h"
#include "nn/model/token_stream.h"
#include "training/stages/stage.h"

namespace noema {
namespace {

/// Places in the flattened texts of the states that predict the step tokens, in the order of steps.real_tokens().
torch::Tensor predicting_places(const ReasoningBatch& batch) {
  const torch::Tensor before = batch.places_before.cpu();
  std::vector<std::int64_t> places;
  for (std::int64_t step = 0; step < batch.steps_count(); ++step) {
    const std::int64_t first = before[step].item<std::int64_t>();
    for (std::int64_t t = 0; t < batch.steps.lengths[static_cast<std::size_t>(step)]; ++t) places.push_back(first + t);
  }
  return index_tensor(places, batch.texts.ids.device());
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
  return index_tensor(places, batch.texts.ids.device());
}

torch::Tensor logits_at(const LanguageModel& model, const torch::Tensor& hidden, const torch::Tensor& places) {
  const torch::Tensor chosen = hidden.index_select(0, places);
  return model.logits(chosen, {single_positions(chosen.size(0))});
}

class ChainObjective final : public ReasoningObjective {
 public:
  ChainObjective(const LanguageModel& model, const ChainOptions& options) : model_(model), options_(options) {}

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
  ChainOptions options_;
};

class ChainStage final : public KindOf<ChainStage, StageKind> {
 public:
  std::string name() const override { return "chain"; }
  std::string summary() const override { return "the token model: question and steps, token by token"; }

  void fields(Fields& fields) override {
    StageKind::fields(fields);
    fields.add("question_weight", options_.question_weight, {0.0, 100.0},
               "of the loss on the question's own tokens, besides that on the steps");
    fields.add("hint_weight", options_.hint_weight, {0.0, 100.0}, "of the task's hints");
  }

  Architectures foresee(const StageSetting& setting, const Architectures&) const override {
    if (setting.model.transformer.mask == TransformerConfig::Mask::prefix && options_.question_weight > 0.0) {
      throw Error({"[chain] question_weight", "0 with a prefix mask, which lets each token see all of the question",
                   "more", "leave it out"});
    }
    return {{name(), part_architecture(setting.model, kLanguageModelPart)}};
  }

  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    if (tensors.empty() && parts.has(name())) tensors = parts.copy(name());
    Weights weights = parts.trained(std::move(tensors));
    const auto model = std::make_shared<const LanguageModel>(setting.model, weights);
    return {model,
            make_chain_objective(*model, options_),
            {{name(), parts.part_of(foresee(setting, {}).at(name()), weights)}}};
  }

  ReasoningNeeds needs() const override { return {.hints = options_.hint_weight > 0.0}; }

 private:
  ChainOptions options_;
};

}  // namespace

std::unique_ptr<ReasoningObjective> make_chain_objective(const LanguageModel& model, const ChainOptions& options) {
  return std::make_unique<ChainObjective>(model, options);
}

std::unique_ptr<StageKind> chain_stage_kind() { return std::make_unique<ChainStage>(); }

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
