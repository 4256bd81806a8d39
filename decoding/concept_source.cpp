#include "decoding/concept_source.h"

#include <torch/torch.h>

#include <optional>

#include "decoding/intervention.h"
#include "decoding/perturbation.h"
#include "nn/device/steps_ahead.h"

namespace noema {
namespace {

ConceptStream begin(const ConceptModel& model, const EnteringRows& entering, ComputeObserver* observer = nullptr) {
  ConceptStream stream = model.begin(entering.questions, observer);
  if (entering.are_samples()) stream.keep(entering.of_row);
  return stream;
}

class SingleSteps final : public ConceptSource {
 public:
  explicit SingleSteps(ActiveBatch& batch)
      : context_(batch.context), rows_(batch.rows), model_(context_.bundle.need_concepts()) {}

  bool can_join() const override { return true; }

  void join(const EnteringRows& entering) override {
    ConceptStream stream = begin(model_, entering, context_.observer);
    if (stream_) {
      stream_->join(stream);
    } else {
      stream_ = std::move(stream);
    }
  }

  Concept predict() override {
    const auto randoms = rows_.randoms();
    const torch::Tensor hidden = with_noise(stream_->hidden(), context_.options.latent_temperature, randoms);
    const Concept concepts = stream_->predict(hidden, randoms);
    if (!context_.options.intervention) return concepts;
    const auto places = rows_.places(), steps = rows_.steps();
    return context_.options.intervention->on_predicted(concepts, {places, randoms, steps});
  }

  void append(const torch::Tensor& inputs) override {
    if (!context_.options.intervention) return stream_->append(inputs);
    const auto randoms = rows_.randoms();
    const auto places = rows_.places();
    auto steps = rows_.steps();
    for (std::size_t& step : steps) --step;  // the concepts are steps of their rows by now
    stream_->append(context_.options.intervention->on_fed_back(inputs, {places, randoms, steps}));
  }

  void keep(const std::vector<std::int64_t>& rows) override { stream_->keep(rows); }

 private:
  const RunContext& context_;
  Rows& rows_;
  const ConceptModel& model_;
  std::optional<ConceptStream> stream_;  // none before the first question
};

class RecordedConcepts final : public ConceptSource {
 public:
  RecordedConcepts(const ConceptModel& model, StepRecorder& recorder) : model_(model), steps_(recorder) {}

  bool can_join() const override { return steps_.is_at_rest(); }
  void join(const EnteringRows& entering) override { steps_.join(begin(model_, entering).states()); }

  Concept predict() override {
    const std::vector<torch::Tensor> here = steps_.now();
    return {here[0], here[1], here.size() > 2 ? here[2] : torch::Tensor()};
  }

  /// Goes back where the inputs are not those that the recorded steps have appended.
  void append(const torch::Tensor& inputs) override {
    if (steps_.now()[1].equal(inputs.to(torch::kCPU, torch::kFloat32))) return steps_.next();
    const torch::TensorOptions options = model_.backbone().options();
    for (const auto& taken : steps_.rewind()) steps_.append(taken[1].to(options));
    steps_.append(inputs.to(options));
  }

  void keep(const std::vector<std::int64_t>& rows) override { steps_.keep(rows); }

 private:
  const ConceptModel& model_;
  StepsAhead steps_;
};

}  // namespace

std::unique_ptr<ConceptSource> make_concept_source(ActiveBatch& batch) { return std::make_unique<SingleSteps>(batch); }

std::unique_ptr<ConceptSource> make_continuous_concept_source(ActiveBatch& batch) {
  const RunContext& context = batch.context;
  const bool is_undisturbed =
      !context.options.intervention && context.options.latent_temperature == 0.0 && !context.is_watched();
  if (!context.recorders || !context.recorders->concepts || !is_undisturbed) return make_concept_source(batch);
  return std::make_unique<RecordedConcepts>(context.bundle.need_concepts(), *context.recorders->concepts);
}

}  // namespace noema
