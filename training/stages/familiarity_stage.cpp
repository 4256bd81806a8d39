#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "concept_lm/familiarity.h"
#include "training/stages/frozen_embeddings.h"
#include "training/stages/stage.h"

namespace noema {
namespace {

constexpr double kShrinkage = 1e-3;  // of the mean variance, added to each: few questions vary in all directions

/// First concepts of questions, and their texts.
struct Beginnings {
  torch::Tensor concepts;  // [N,Z] in double
  std::vector<std::string> questions;
};

/// As a bundle keeps it: what is computed from the tensors must not change when they are stored.
torch::Tensor rounded(const torch::Tensor& tensor) { return tensor.to(torch::kBFloat16).to(torch::kFloat32); }

std::string question_of(const ReasoningBatch& batch, std::int64_t row, const Tokenizer& tokenizer) {
  const std::int64_t tokens = batch.questions.lengths[static_cast<std::size_t>(row)] - 1;  // without the newline
  TokenIds ids;
  for (std::int64_t t = 0; t < tokens; ++t) {
    ids.push_back(static_cast<TokenId>(batch.questions.ids[row][t].item<std::int64_t>()));
  }
  return tokenizer.decode(ids);
}

/// W [Z,Z] such that (z - mean) W has the covariance 1.
torch::Tensor whitening_of(const torch::Tensor& centred /*[N,Z]*/) {
  const torch::Tensor covariance = at::matmul(centred.t(), centred) / centred.size(0);
  const torch::Tensor shrinkage =
      kShrinkage * covariance.diagonal().mean() * torch::eye(covariance.size(0), torch::kDouble);
  return at::linalg_cholesky(at::linalg_inv(covariance + shrinkage));
}

class FamiliarityStage final : public KindOf<FamiliarityStage, StageKind> {
 public:
  FamiliarityStage() {
    training.steps = 0;
    training.micro_batches = 1;
  }
  std::string name() const override { return kFamiliarityPart; }
  std::string summary() const override { return "what tells questions that are unlike those that were learnt"; }

  void fields(Fields& fields) override {
    fields.add("steps", training.steps, {0, 10'000}, "batches of questions that it is computed from; 0 leaves it out");
    fields.add("batch", training.batch, {1, 65536}, "questions a batch");
    fields.add("refused", refused_, {0.0, 0.5}, "share of the validation questions that count as unfamiliar");
    fields.add("examples", examples_, {1, 1000}, "questions that are kept, to name the nearest one");
  }

  ReasoningNeeds needs() const override { return {.whole_questions = true}; }
  bool is_dealt() const override { return false; }

  Architectures foresee(const StageSetting& setting, const Architectures& there) const override {
    const ConceptPart concepts = need_concepts(there, setting, "[familiarity]");
    return {{name(), part_architecture(FamiliarityConfig{concepts.config.output_width}, kFamiliarityPart)}};
  }

  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    const auto models = std::make_shared<const FrozenConcepts>(frozen_concepts(parts, setting));
    const std::int64_t width = models->latent_width();
    if (tensors.empty()) {
      tensors = {{"mean", torch::zeros({width})},
                 {"whitening", torch::zeros({width, width})},
                 {"examples", torch::zeros({examples_, width})}};
    }
    const nlohmann::json architecture = part_architecture(FamiliarityConfig{width}, kFamiliarityPart);
    Stage stage{models, nullptr, {{name(), {architecture, std::move(tensors), {}}}}};
    stage.fit = [models, refused = refused_](Part& part, const Tokenizer& tokenizer, const MicroBatches& training,
                                             const MicroBatches& validation) {
      const torch::NoGradGuard frozen_weights;
      const auto begin = [&](const MicroBatches& batches) {
        return beginnings(models->model, *models->reads, tokenizer, batches);
      };
      fit(part, begin(training), begin(validation), refused);
    };
    return stage;
  }

 private:
  static Beginnings beginnings(const ConceptModel& model, const Autoencoder& reads, const Tokenizer& tokenizer,
                               const MicroBatches& batches) {
    Beginnings all;
    std::vector<torch::Tensor> concepts;
    for (const auto& micro_batch : batches) {
      const ReasoningBatch& batch = dynamic_cast<const ReasoningMicroBatch&>(*micro_batch).content;
      const torch::Tensor inputs = model.inputs(frozen_embeddings(reads, batch));
      const torch::Tensor predicted = model.predict(batch, inputs).embedding.to(torch::kDouble);
      std::int64_t step = 0;
      for (std::int64_t row = 0; row < batch.texts_count(); ++row) {
        concepts.push_back(predicted[step]);
        step += batch.step_counts[static_cast<std::size_t>(row)];
        all.questions.push_back(question_of(batch, row, tokenizer));
      }
    }
    all.concepts = torch::stack(concepts);
    return all;
  }

  static void fit(Part& part, const Beginnings& learnt, const Beginnings& others, double refused) {
    FamiliarityConfig config = from_architecture<FamiliarityConfig>(part.architecture, kFamiliarityPart, "familiarity");
    const torch::Tensor mean = learnt.concepts.mean(0);
    part.tensors["mean"].copy_(rounded(mean));
    part.tensors["whitening"].copy_(rounded(whitening_of(learnt.concepts - mean)));
    const std::int64_t count = part.tensors["examples"].size(0);
    for (std::int64_t i = 0; i < count; ++i) {
      config.examples.push_back(learnt.questions[static_cast<std::size_t>(i * std::ssize(learnt.questions) / count)]);
    }
    Weights weights(part.tensors, "familiarity");
    const Familiarity familiarity(config, weights);
    const torch::Tensor places = torch::arange(count) * std::ssize(learnt.questions) / count;
    part.tensors["examples"].copy_(
        rounded(familiarity.whitened(learnt.concepts.index_select(0, places.to(torch::kLong)))));
    const torch::Tensor distances = std::get<0>(Familiarity::distances(familiarity.whitened(others.concepts)).sort());
    const auto most =
        static_cast<std::int64_t>(std::floor((1.0 - refused) * static_cast<double>(distances.size(0) - 1)));
    config.most = distances[most].item<double>();
    part.architecture = part_architecture(config, kFamiliarityPart);
  }

  double refused_ = 0.05;
  std::int64_t examples_ = 64;
};

}  // namespace

std::unique_ptr<StageKind> familiarity_stage_kind() { return std::make_unique<FamiliarityStage>(); }

}  // namespace noema
