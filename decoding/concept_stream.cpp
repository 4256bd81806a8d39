#include "decoding/concept_stream.h"

#include <torch/torch.h>

#include <optional>

#include "decoding/intervention.h"
#include "decoding/perturbation.h"
#include "nn/device/steps_ahead.h"

namespace noema {
namespace {

/// Passes latents through the intervention of the options, if there is one.
class Hand {
 public:
  explicit Hand(ActiveBatch& batch) : batch_(batch), intervention_(batch.context().options.intervention) {}

  /// Before the concepts are steps of their rows.
  Concept on_predicted(const Concept& concepts) const {
    if (!intervention_) return concepts;
    const auto randoms = batch_.randoms();
    const auto steps = steps_so_far();
    return intervention_->on_predicted(concepts, {batch_.row_questions(), randoms, steps});
  }

  /// After that.
  torch::Tensor on_fed_back(const torch::Tensor& inputs) const {
    if (!intervention_) return inputs;
    const auto randoms = batch_.randoms();
    auto steps = steps_so_far();
    for (std::size_t& step : steps) --step;
    return intervention_->on_fed_back(inputs, {batch_.row_questions(), randoms, steps});
  }

 private:
  std::vector<std::size_t> steps_so_far() const {
    std::vector<std::size_t> steps;
    for (std::size_t row = 0; row < batch_.rows(); ++row) steps.push_back(batch_.trajectory(row).steps.size());
    return steps;
  }

  ActiveBatch& batch_;
  Intervention* intervention_;
};

class SingleSteps final : public ConceptStream {
 public:
  explicit SingleSteps(ActiveBatch& batch)
      : batch_(batch), context_(batch.context()), model_(context_.bundle.need_concepts()), hand_(batch) {}

  bool can_join() const override { return true; }

  void join(const Sentences& questions) override {
    HiddenStream entering = model_.begin(questions, context_.observer);
    if (stream_) {
      stream_->join(entering);
    } else {
      stream_ = std::move(entering);
    }
  }

  Concept predict() override {
    const torch::Tensor hidden = with_noise(stream_->hidden(), context_.options.latent_temperature, batch_.randoms());
    return hand_.on_predicted(model_.head().predict(hidden, context_.observer));
  }

  void append(const torch::Tensor& inputs) override { stream_->append(hand_.on_fed_back(inputs)); }
  void keep(const std::vector<std::int64_t>& rows) override { stream_->keep(rows); }

 private:
  ActiveBatch& batch_;
  const RunContext& context_;
  const ConceptModel& model_;
  Hand hand_;
  std::optional<HiddenStream> stream_;  // none before the first question
};

class RecordedConcepts final : public ConceptStream {
 public:
  RecordedConcepts(const ConceptModel& model, StepRecorder& recorder) : model_(model), steps_(recorder) {}

  bool can_join() const override { return steps_.is_at_rest(); }
  void join(const Sentences& questions) override { steps_.join(model_.begin(questions)); }

  Concept predict() override {
    const std::vector<torch::Tensor> here = steps_.now();
    return {here[0], {}, here.size() > 1 ? here[1] : torch::Tensor()};
  }

  void append(const torch::Tensor&) override { steps_.next(); }
  void keep(const std::vector<std::int64_t>& rows) override { steps_.keep(rows); }

 private:
  const ConceptModel& model_;
  StepsAhead steps_;
};

}  // namespace

std::unique_ptr<ConceptStream> make_concept_stream(ActiveBatch& batch) { return std::make_unique<SingleSteps>(batch); }

std::unique_ptr<ConceptStream> make_continuous_concept_stream(ActiveBatch& batch) {
  const RunContext& context = batch.context();
  const bool is_undisturbed =
      !context.options.intervention && context.options.latent_temperature == 0.0 && !context.is_watched();
  if (!context.recorders || !is_undisturbed) return make_concept_stream(batch);
  return std::make_unique<RecordedConcepts>(context.bundle.need_concepts(), *context.recorders->concepts);
}

}  // namespace noema
