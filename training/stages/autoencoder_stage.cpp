#include "training/stages/autoencoder_stage.h"

#include <torch/torch.h>

#include "concept_lm/concept_head.h"
#include "training/stages/chain_stage.h"
#include "training/stages/stage.h"

namespace noema {
namespace {

class AutoencoderObjective final : public ReasoningObjective {
 public:
  AutoencoderObjective(const Autoencoder& autoencoder, const Autoencoder* semantic, const AutoencoderOptions& options)
      : autoencoder_(autoencoder), semantic_(semantic), options_(options) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator& generator) const override {
    const torch::Tensor states = autoencoder_.encoder().states(batch);
    const Posterior posterior = autoencoder_.encoder().posterior(states, batch);
    const torch::Tensor z = noema::sample(posterior, generator);
    const torch::Tensor logits =
        autoencoder_.decoder().logits(dropout(z, options_.prefix_dropout, generator), batch.steps);
    LossTerms terms = {{"decoding", token_cross_entropy(logits, batch.steps.real_tokens())}};
    if (options_.contrast_weight > 0.0) terms.push_back(alignment(z, batch));
    for (const LossTerm& term : autoencoder_.bottleneck().losses(posterior)) terms.push_back(term);
    if (options_.readout_weight > 0.0) {
      terms.push_back({"readout", autoencoder_.readout()->loss(z, batch.steps), options_.readout_weight});
    }
    if (options_.chain_weight > 0.0) {
      const torch::Tensor scores = chain_logits(autoencoder_.backbone(), states, batch);
      terms.push_back({"chain", token_cross_entropy(scores, batch.steps.real_tokens()), options_.chain_weight});
    }
    if (options_.hint_weight > 0.0) {
      terms.push_back({"hints", hint_loss(autoencoder_.backbone(), states, batch), options_.hint_weight});
    }
    return terms;
  }

  Counts measure(const ReasoningBatch& batch) const override {
    const torch::Tensor states = autoencoder_.encoder().states(batch);
    const torch::Tensor z = autoencoder_.encoder().posterior(states, batch).mean;
    Counts counts;
    count_exact(counts, "", score_decoding(autoencoder_.decoder(), z, batch.steps).exact, batch);
    if (options_.chain_weight > 0.0) {
      count_exact(counts, "chain ", exact_sentences(chain_logits(autoencoder_.backbone(), states, batch), batch.steps),
                  batch);
    }
    return counts;
  }

  std::string selected_by() const override { return "steps"; }

  std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const override {
    return sample_decoding(autoencoder_.decoder(), autoencoder_.encoder().encode(batch).mean, batch, tokenizer);
  }

 private:
  LossTerm alignment(const torch::Tensor& z, const ReasoningBatch& batch) const {
    torch::Tensor target;
    {
      const torch::NoGradGuard frozen;
      target = semantic_->encoder().encode(batch).mean;
    }
    return {"contrast", info_nce(z, target, options_.temperature, batch.text_numbers), options_.contrast_weight};
  }

  const Autoencoder& autoencoder_;
  const Autoencoder* semantic_;
  AutoencoderOptions options_;
};

constexpr std::int64_t kReadoutTokens = 4;  // "= 14." and "in the kitchen." are read whole

/// The kinds of encoder that the stage can train.
KindList<EncoderKind> encoders(const SentenceKinds& kinds, bool contextual) {
  KindList<EncoderKind> some;
  for (const auto& kind : kinds.encoders) {
    if (kind->is_contextual() == contextual) some.add(kind->clone());
  }
  return some;
}

/// What the semantic and the contextual stage have in common.
template <typename Self>
class AutoencoderStage : public KindOf<Self, StageKind> {
 public:
  AutoencoderStage(const SentenceKinds& kinds, const std::string& encoder, bool contextual)
      : encoder_(encoders(kinds, contextual), encoder),
        bottleneck_(kinds.bottlenecks, "identity"),
        decoder_(kinds.decoders, "prefix") {}

  void fields(Fields& fields) override {
    StageKind::fields(fields);
    add_choice(fields, "encoder", encoder_, "how a sentence becomes an embedding");
    add_choice(fields, "bottleneck", bottleneck_, "what an embedding is");
    add_choice(fields, "decoder", decoder_, "how an embedding becomes a sentence");
    fields.add("prefix_dropout", options_.prefix_dropout, {0.0, 0.95}, "on the embedding that the decoder reads");
    fields.add("readout_weight", options_.readout_weight, {0.0, 100.0},
               "of reading a sentence's last tokens straight from its embedding");
  }

  Architectures foresee(const StageSetting& setting, const Architectures&) const override {
    return {{this->name(), part_architecture(config(setting), kAutoencoderPart)}};
  }

  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    if (tensors.empty() && parts.has("chain")) tensors = parts.copy("chain");
    Weights weights = parts.trained(std::move(tensors));
    struct Models {
      Autoencoder trained;
      std::shared_ptr<const Autoencoder> semantic;  // null: nothing is aligned with it
    };
    const bool aligns = options_.contrast_weight > 0.0;
    const auto models = std::make_shared<const Models>(Models{
        Autoencoder(config(setting), weights), aligns ? frozen_autoencoder(parts, "semantic", setting) : nullptr});
    Stage stage{models, make_autoencoder_objective(models->trained, models->semantic.get(), options_), {}};
    stage.parts.emplace_back(this->name(),
                             parts.part_of(part_architecture(config(setting), kAutoencoderPart), weights));
    return stage;
  }

 protected:
  AutoencoderConfig config(const StageSetting& setting) const {
    AutoencoderConfig config(setting.model, "contextual", setting.kinds);
    config.encoder = encoder_;
    config.bottleneck = bottleneck_;
    config.decoder = decoder_;
    config.readout = options_.readout_weight > 0.0 ? kReadoutTokens : 0;
    return config;
  }

  Choice<EncoderKind> encoder_;
  Choice<BottleneckKind> bottleneck_;
  Choice<DecoderKind> decoder_;
  AutoencoderOptions options_;
};

class SemanticStage final : public AutoencoderStage<SemanticStage> {
 public:
  explicit SemanticStage(const SentenceKinds& kinds) : AutoencoderStage(kinds, "semantic", false) {}
  std::string name() const override { return "semantic"; }
  std::string summary() const override { return "embeddings of sentences by themselves, which reconstruct them"; }
};

class ContextualStage final : public AutoencoderStage<ContextualStage> {
 public:
  explicit ContextualStage(const SentenceKinds& kinds) : AutoencoderStage(kinds, "contextual", true) {}
  std::string name() const override { return "contextual"; }
  std::string summary() const override { return "embeddings of what stands before a sentence, which predict it"; }

  void fields(Fields& fields) override {
    AutoencoderStage::fields(fields);
    fields.add("contrast_weight", options_.contrast_weight, {0.0, 100.0},
               "of InfoNCE against the frozen semantic embedding of the same step; above 0: contextual C");
    fields.add("temperature", options_.temperature, {1e-3, 100.0}, "of InfoNCE");
    fields.add("chain_weight", options_.chain_weight, {0.0, 100.0},
               "of the chain's loss on the same pass; above 0, the backbone that comes of it is the bundle's chain");
    fields.add("hint_weight", options_.hint_weight, {0.0, 100.0}, "of the task's hints, on the same pass");
  }

  Architectures foresee(const StageSetting& setting, const Architectures& there) const override {
    if (options_.contrast_weight > 0.0) need_part(there, "semantic", "[contextual] contrast_weight");
    Architectures parts = AutoencoderStage::foresee(setting, there);
    if (options_.chain_weight > 0.0) parts["chain"] = part_architecture(setting.model, kLanguageModelPart);
    return parts;
  }

  /// The backbone that learnt the chain's loss takes the place of the chain.
  Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const override {
    Stage stage = AutoencoderStage::build(setting, parts, std::move(tensors));
    if (options_.chain_weight <= 0.0) return stage;
    Part& own = stage.parts.front().second;
    Part chain{part_architecture(setting.model, kLanguageModelPart), backbone_of(own.tensors), own.adapter};
    if (!own.adapter) own.on = "chain";  // adapters lie on the backbone already
    stage.parts.emplace_back("chain", std::move(chain));
    return stage;
  }

  ReasoningNeeds needs() const override { return {.hints = options_.hint_weight > 0.0}; }
};

}  // namespace

std::unique_ptr<ReasoningObjective> make_autoencoder_objective(const Autoencoder& autoencoder,
                                                               const Autoencoder* semantic,
                                                               const AutoencoderOptions& options) {
  return std::make_unique<AutoencoderObjective>(autoencoder, semantic, options);
}

std::unique_ptr<StageKind> semantic_stage_kind(const SentenceKinds& kinds) {
  return std::make_unique<SemanticStage>(kinds);
}

std::unique_ptr<StageKind> contextual_stage_kind(const SentenceKinds& kinds) {
  return std::make_unique<ContextualStage>(kinds);
}

}  // namespace noema
