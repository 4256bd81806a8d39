#include "training/stages/concept_stage.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "nn/model/observer.h"
#include "training/stages/chain_stage.h"
#include "training/stages/frozen_embeddings.h"
#include "training/stages/stage.h"

namespace noema {
namespace {

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
  joined.read = joined.read.to(batch.steps.ids.device());
  joined.predicted = joined.predicted.to(batch.steps.ids.device());
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

class ConceptObjective final : public ReasoningObjective {
 public:
  ConceptObjective(const ConceptModel& model, const Autoencoder& reads, const Autoencoder& writes,
                   const ConceptOptions& options)
      : model_(model), reads_(reads), writes_(writes), options_(options) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator& generator) const override {
    const torch::Tensor read = frozen_embeddings(reads_, batch);
    const torch::Tensor written = &reads_ == &writes_ ? read : frozen_embeddings(writes_, batch);
    const torch::Tensor targets = model_.inputs(read);
    const JoinedTwins joined = join_twins(batch, generator);
    const torch::Tensor inputs = chance(options_.rollouts, generator)
                                     ? model_.rollout(batch, joined.exchange, draw_seed(generator)).input
                                     : dropout(targets, options_.dropout, generator).index_select(0, joined.read);
    const std::int64_t layers = model_.layers() - (chance(options_.early_exit, generator) ? 1 : 0);
    LayerTap tap(std::min(options_.hint_layer, layers));
    const torch::Tensor states = model_.states(batch, inputs, layers, &tap);
    const torch::Tensor hidden = model_.predicting(states, batch);
    const torch::Tensor& wanted = joined.predicted;
    const Sentences sentences = batch.steps.select(wanted);
    const ConceptContext context = model_.context(batch, inputs, hidden);
    LossTerms terms = model_.head().loss({context, written.index_select(0, wanted), targets.index_select(0, wanted),
                                          sentences, batch.text_numbers.index_select(0, wanted), writes_.decoder(),
                                          options_.dropout, generator});
    if (options_.readout_weight > 0.0) {
      const torch::Tensor predicted = model_.head().predict(context).embedding;
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
    count_exact(counts, "forced ", exact(model_.predict(batch, inputs), batch), batch);
    count_exact(counts, "", exact(model_.rollout(batch), batch), batch);
    return counts;
  }

  /// Not by answers: some can be told from how many steps there were.
  std::string selected_by() const override { return "questions"; }

  std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const override {
    const Concept forced = model_.predict(batch, model_.inputs(frozen_embeddings(reads_, batch)));
    return sample_decoding(writes_.decoder(), forced.embedding, batch, tokenizer);
  }

 private:
  static bool chance(double probability, at::Generator& generator) {
    return probability > 0.0 && torch::rand({1}, generator).item<double>() < probability;
  }

  /// Of what the head draws in a rollout, if it draws anything.
  std::uint64_t draw_seed(at::Generator& generator) const {
    if (!model_.head().needs().randoms) return 0;
    return static_cast<std::uint64_t>(torch::randint(1L << 62, {1}, generator, torch::kLong).item<std::int64_t>());
  }

  torch::Tensor exact(const Concept& concepts, const ReasoningBatch& batch) const {
    return score_decoding(writes_.decoder(), concepts.embedding, batch.steps).exact;
  }

  const ConceptModel& model_;
  const Autoencoder& reads_;
  const Autoencoder& writes_;
  ConceptOptions options_;
};

constexpr const char* kBackbone = "backbone.";  // before the names of the backbone in a concept model

class ConceptStage final : public KindOf<ConceptStage, StageKind> {
 public:
  explicit ConceptStage(const KindList<HeadKind>& heads) : head_(heads, "decoding") {}
  std::string name() const override { return "concept"; }
  std::string summary() const override { return "the concept model, which predicts the next embedding"; }

  void fields(Fields& fields) override {
    StageKind::fields(fields);
    fields.add("reads", reads_, "stage of the autoencoder whose embeddings are read");
    fields.add("writes", writes_, "stage of the autoencoder whose embeddings are predicted");
    add_choice(fields, "head", head_, "how a hidden state becomes an embedding");
    fields.add("start", start_,
               "stage whose backbone the model starts from: \"chain\" or one of an autoencoder; or \"backbone\", the "
               "recipe's own with all of its layers");
    fields.add("layers", layers_, {0, 1024},
               "more than those of what it starts from are new, fewer are its first; 0: as many as the recipe's model");
    fields.add("dropout", options_.dropout, {0.0, 0.95}, "on the state that is projected and on what is read");
    fields.add("readout_weight", options_.readout_weight, {0.0, 100.0},
               "of reading a sentence's last tokens from the predicted embedding; needs one on those it writes");
    fields.add("early_exit", options_.early_exit, {0.0, 1.0},
               "share of the batches whose loss is taken before the last layer (LayerSkip, arXiv 2404.16710)");
    fields.add("hint_weight", options_.hint_weight, {0.0, 100.0}, "of the task's hints, on the question");
    fields.add("hint_layer", options_.hint_layer, {1}, "after which the hints are thought of, from 1");
    fields.add("rollouts", options_.rollouts, {0.0, 1.0},
               "share of the batches that read the model's own predictions, as continuous mode does");
    fields.add("twins", options_.twins, {0.0, 1.0},
               "share of the examples that are joined with their twin: at some step its embedding is read, and what "
               "follows from that step is to be predicted");
  }

  Architectures foresee(const StageSetting& setting, const Architectures& there) const override {
    const nlohmann::json& read = need_part(there, reads_, "[concept] reads");
    const nlohmann::json& written = need_part(there, writes_, "[concept] writes");
    if (!there.contains(name()) && start_ != kBackbonePart) need_part(there, start_, "[concept] start");
    check_layers(setting);
    if (options_.readout_weight > 0.0 && autoencoder_config(written, writes_, setting).readout == 0) {
      throw Error({"[concept] readout_weight", "a readout_weight above 0 in [" + writes_ + "]", "0",
                   "set it there, or leave it out here"});
    }
    return {{name(), part_architecture(part(setting, read, written), kConceptPart)}};
  }

  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    const ConceptPart shape = part(setting, parts.architecture(reads_), parts.architecture(writes_));
    if (tensors.empty()) tensors = backbone_of(parts.copy(start_), kBackbone);
    Weights weights =
        parts.trained(first_layers(std::move(tensors), shape.config.model.transformer.layers, kBackbone), kBackbone);
    struct Models {
      ConceptModel concepts;
      std::shared_ptr<const Autoencoder> reads, writes;
    };
    const auto reads = frozen_autoencoder(parts, reads_, setting);
    const auto writes = writes_ == reads_ ? reads : frozen_autoencoder(parts, writes_, setting);
    const auto models = std::make_shared<const Models>(Models{ConceptModel(shape.config, weights), reads, writes});
    return {models,
            make_concept_objective(models->concepts, *reads, *writes, options_),
            {{name(), parts.part_of(part_architecture(shape, kConceptPart), weights, kBackbone)}}};
  }

  ReasoningNeeds needs() const override { return {options_.twins, options_.hint_weight > 0.0}; }

 private:
  ConceptPart part(const StageSetting& setting, const nlohmann::json& read, const nlohmann::json& written) const {
    ConceptPart part{ConceptConfig(setting.model, setting.kinds.heads)};
    part.reads = reads_;
    part.writes = writes_;
    part.config.model.transformer.layers = layers(setting);
    part.config.input_width = autoencoder_config(read, reads_, setting).latent_width();
    part.config.output_width = autoencoder_config(written, writes_, setting).latent_width();
    part.config.head = head_;
    return part;
  }

  std::int64_t layers(const StageSetting& setting) const {
    return layers_ > 0 ? layers_ : setting.model.transformer.layers;
  }

  void check_layers(const StageSetting& setting) const {
    const std::int64_t all = layers(setting), of_backbone = setting.model.transformer.layers;
    if (start_ == kBackbonePart && all > setting.whole_layers) {
      throw Error({"[concept] layers", "at most the backbone's " + std::to_string(setting.whole_layers),
                   std::to_string(all), setting.whole_layers > 0 ? "take fewer" : "name a backbone in [model]"});
    }
    if (all != of_backbone && setting.is_adapted) {
      throw Error({"[concept] layers", "the backbone's " + std::to_string(of_backbone) + " where it is adapted",
                   std::to_string(all), "leave it out, or [lora]"});
    }
    if (options_.hint_layer > all) {
      throw Error({"[concept] hint_layer", "at most the model's " + std::to_string(all) + " layers",
                   std::to_string(options_.hint_layer), ""});
    }
    if (all == 1 && options_.early_exit > 0.0 && options_.hint_weight > 0.0) {
      throw Error({"[concept] hint_weight", "a layer before the early exit to hint at", "a model of one layer",
                   "leave out early_exit or hint_weight"});
    }
  }

  std::string reads_ = "contextual", writes_ = "contextual", start_ = "contextual";
  Choice<HeadKind> head_;
  std::int64_t layers_ = 0;
  ConceptOptions options_;
};

}  // namespace

std::unique_ptr<ReasoningObjective> make_concept_objective(const ConceptModel& model, const Autoencoder& reads,
                                                           const Autoencoder& writes, const ConceptOptions& options) {
  return std::make_unique<ConceptObjective>(model, reads, writes, options);
}

std::unique_ptr<StageKind> concept_stage_kind(const KindList<HeadKind>& heads) {
  return std::make_unique<ConceptStage>(heads);
}

}  // namespace noema
