#include "training/stages/concept_stage.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "nn/model/observer.h"
#include "training/stages/chain_stage.h"

namespace noema {
namespace {

torch::Tensor frozen_embeddings(const Autoencoder& autoencoder, const ReasoningBatch& batch) {
  const torch::NoGradGuard frozen;
  return autoencoder.encoder().encode(batch).mean;
}

/// For each step of a batch, which step stands in its place.
struct JoinedTwins {
  torch::Tensor read;       ///< [N] where true embeddings are read: the twin's, from the joint on
  torch::Tensor predicted;  ///< [N] the twin's, after the joint
  Exchange exchange;        ///< where the model reads itself: at the joint alone, for the rest is what follows from it
};

std::vector<std::int64_t> count_up(std::int64_t count) {
  std::vector<std::int64_t> numbers(static_cast<std::size_t>(count));
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// How much of a model's own concept gives way to its twin's: a vector that is found for a sentence, as steering does,
/// keeps much of the one that the search began with, and should count for what it says all the same.
double draw_share(at::Generator& generator) { return 0.6 + 0.4 * torch::rand({1}, generator).item<double>(); }

/// Joins each text with its twin at a step drawn for it: the twin's embedding is read there, and what comes after it is
/// predicted; that the step itself is another cannot be foreseen.
JoinedTwins join_twins(const ReasoningBatch& batch, at::Generator& generator) {
  const std::int64_t n = batch.steps_count();
  JoinedTwins joined = {torch::arange(n), torch::arange(n), {count_up(n), draw_share(generator)}};
  for (const TwinSteps& twins : batch.twins) {
    const std::int64_t places = twins.count - 1 - twins.from;  // the answer is not one
    if (places < 1) continue;
    const std::int64_t at = twins.from + torch::randint(places, {1}, generator).item<std::int64_t>();
    const auto take = [&](torch::Tensor& steps, std::int64_t from) {
      steps.narrow(0, twins.first + from, twins.count - from) += twins.second - twins.first;
    };
    take(joined.read, at);
    take(joined.predicted, at + 1);
    joined.exchange.with[static_cast<std::size_t>(twins.first + at)] = twins.second + at;
  }
  return joined;
}

/// Keeps the output of one layer [B,T,D], counted from 1, for a loss of its own.
struct LayerTap final : ComputeObserver {
  explicit LayerTap(std::int64_t wanted) : layer(wanted) {}
  void on_layer(int number, const Positions&, const torch::Tensor& hidden) override {
    if (number + 1 == layer) output = hidden;
  }

  std::int64_t layer;
  torch::Tensor output;
};

class ConceptTraining final : public Stage {
 public:
  ConceptTraining(const ConceptModel& model, const Autoencoder& reads, const Autoencoder& writes,
                  const ConceptStage& options)
      : model_(model), reads_(reads), writes_(writes), options_(options) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator& generator) const override {
    const torch::Tensor read = frozen_embeddings(reads_, batch);
    const torch::Tensor written = &reads_ == &writes_ ? read : frozen_embeddings(writes_, batch);
    const torch::Tensor targets = model_.inputs(read);
    const JoinedTwins joined = join_twins(batch, generator);
    const torch::Tensor inputs = chance(options_.own_inputs, generator)
                                     ? own_inputs(batch, joined.exchange)
                                     : dropout(targets, options_.dropout, generator).index_select(0, joined.read);
    const std::int64_t layers = model_.layers() - (chance(options_.early_exit, generator) ? 1 : 0);
    LayerTap tap(std::min(options_.hint_layer, layers));
    const torch::Tensor states = model_.states(batch, inputs, layers, &tap);
    const torch::Tensor hidden = model_.predicting(states, batch);
    const torch::Tensor& wanted = joined.predicted;
    const Sentences sentences = batch.steps.select(wanted);
    LossTerms terms = model_.head().loss({hidden, written.index_select(0, wanted), targets.index_select(0, wanted),
                                          sentences, batch.text_numbers.index_select(0, wanted), writes_.decoder(),
                                          options_.dropout, generator});
    if (options_.readout_weight > 0.0) {
      const torch::Tensor predicted = model_.head().predict(hidden).embedding;
      terms.push_back({"readout", writes_.readout()->loss(predicted, sentences), options_.readout_weight});
    }
    if (options_.hint_weight > 0.0) {
      const torch::Tensor thoughts = model_.backbone().normed(tap.output).flatten(0, 1);
      terms.push_back({"hints", hint_loss(model_.backbone(), thoughts, batch), options_.hint_weight});
    }
    return terms;
  }

  Counts measure(const ReasoningBatch& batch) const override {
    const torch::Tensor inputs = model_.inputs(frozen_embeddings(reads_, batch));
    Counts counts;
    count_exact(counts, "forced ", exact(model_.hidden(batch, inputs), batch), batch);
    count_exact(counts, "", exact(model_.rollout(batch), batch), batch);
    return counts;
  }

  /// Not by answers: some can be told from how many steps there were.
  std::string selected_by() const override { return "questions"; }

  std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const override {
    const torch::Tensor hidden = model_.hidden(batch, model_.inputs(frozen_embeddings(reads_, batch)));
    return sample_decoding(writes_.decoder(), model_.head().predict(hidden).embedding, batch, tokenizer);
  }

 private:
  static bool chance(double probability, at::Generator& generator) {
    return probability > 0.0 && torch::rand({1}, generator).item<double>() < probability;
  }

  torch::Tensor own_inputs(const ReasoningBatch& batch, const Exchange& exchange) const {
    const torch::NoGradGuard no_grad;
    const torch::Tensor states = model_.rollout(batch, exchange);
    return model_.head().predict(exchange(states, count_up(batch.steps_count()))).input;
  }

  torch::Tensor exact(const torch::Tensor& hidden, const ReasoningBatch& batch) const {
    return score_decoding(writes_.decoder(), model_.head().predict(hidden).embedding, batch.steps).exact;
  }

  const ConceptModel& model_;
  const Autoencoder& reads_;
  const Autoencoder& writes_;
  ConceptStage options_;
};

class StopTraining final : public Stage {
 public:
  StopTraining(const StopHead& head, const ConceptModel& model, const Autoencoder& reads)
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
    const torch::Tensor hidden = torch::cat({model_.hidden(batch, inputs), model_.rollout(batch)});
    return model_.head().predict(hidden).embedding;
  }

  const StopHead& head_;
  const ConceptModel& model_;
  const Autoencoder& reads_;
};

}  // namespace

std::unique_ptr<Stage> make_concept_stage(const ConceptModel& model, const Autoencoder& reads,
                                          const Autoencoder& writes, const ConceptStage& options) {
  return std::make_unique<ConceptTraining>(model, reads, writes, options);
}

std::unique_ptr<Stage> make_stop_stage(const StopHead& head, const ConceptModel& model, const Autoencoder& reads) {
  return std::make_unique<StopTraining>(head, model, reads);
}

}  // namespace noema
