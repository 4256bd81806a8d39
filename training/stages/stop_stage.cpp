#include <torch/torch.h>

#include "training/stages/concept_stage.h"
#include "training/stages/frozen_embeddings.h"
#include "training/stages/stage.h"

namespace noema {
namespace {

class StopObjective final : public ReasoningObjective {
 public:
  StopObjective(const StopHead& head, const ConceptModel& model, const Autoencoder& reads)
      : head_(head), model_(model), reads_(reads) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator&) const override {
    const torch::Tensor is_last = batch.is_last.to(torch::kFloat32).repeat({2});
    return {{"stop", at::binary_cross_entropy_with_logits(head_(concepts(batch)), is_last)}};
  }

  Counts measure(const ReasoningBatch& batch) const override {
    const torch::Tensor continuous = head_(concepts(batch)).chunk(2)[1];
    const torch::Tensor right = (continuous > 0) == batch.is_last;
    return {{"stops", {right.sum().item<double>(), static_cast<double>(right.numel())}}};
  }

  std::string selected_by() const override { return "stops"; }

  std::string sample(const ReasoningBatch& batch, const Tokenizer&) const override {
    const torch::Tensor probability = head_(concepts(batch)).sigmoid();
    return "stop probability of the first sentence " + std::to_string(probability[0].item<double>());
  }

 private:
  /// [2N,Z]: those of true inputs, then those of continuous mode.
  torch::Tensor concepts(const ReasoningBatch& batch) const {
    const torch::NoGradGuard frozen;
    const torch::Tensor inputs = model_.inputs(frozen_embeddings(reads_, batch));
    return torch::cat({model_.predict(batch, inputs).embedding, model_.rollout(batch).embedding});
  }

  const StopHead& head_;
  const ConceptModel& model_;
  const Autoencoder& reads_;
};

class StopStage final : public KindOf<StopStage, StageKind> {
 public:
  std::string name() const override { return "stop"; }
  std::string summary() const override { return "the stop head, which says whether a concept is the answer"; }

  Architectures foresee(const StageSetting& setting, const Architectures& there) const override {
    const ConceptPart concepts = need_concepts(there, setting, "[stop]");
    return {{name(), part_architecture(StopPart{concepts.config.output_width}, kStopPart)}};
  }

  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    Weights weights = parts.new_or(std::move(tensors));
    struct Models {
      FrozenConcepts concepts;
      StopHead stop;
    };
    FrozenConcepts concepts = frozen_concepts(parts, setting);
    const std::int64_t width = concepts.latent_width();
    const auto models = std::make_shared<const Models>(Models{std::move(concepts), StopHead(width, weights)});
    return {models,
            make_stop_objective(models->stop, models->concepts.model, *models->concepts.reads),
            {{name(), {part_architecture(StopPart{width}, kStopPart), weights.tensors(), std::nullopt}}}};
  }
};

}  // namespace

std::unique_ptr<ReasoningObjective> make_stop_objective(const StopHead& head, const ConceptModel& model,
                                                        const Autoencoder& reads) {
  return std::make_unique<StopObjective>(head, model, reads);
}

std::unique_ptr<StageKind> stop_stage_kind() { return std::make_unique<StopStage>(); }

}  // namespace noema
