#include "concept_lm/part_kinds.h"

namespace noema {
namespace {

class LanguageModelPart final : public PartKind {
 public:
  std::string name() const override { return kLanguageModelPart; }
  void load(Bundle& bundle, const PartSource& part) const override {
    const auto config = from_architecture<LanguageModelConfig>(part.architecture, name(), part.where);
    bundle.chain = std::make_shared<const LanguageModel>(config, part.weights);
  }
};

class AutoencoderPart final : public PartKind {
 public:
  std::string name() const override { return kAutoencoderPart; }
  void load(Bundle& bundle, const PartSource& part) const override {
    const auto config = from_architecture(part.architecture, name(), part.where,
                                          AutoencoderConfig(LanguageModelConfig(), "contextual", part.kinds));
    bundle.autoencoders[part.name] = std::make_shared<const Autoencoder>(config, part.weights);
  }
};

class ConceptModelPart final : public PartKind {
 public:
  std::string name() const override { return kConceptPart; }
  void load(Bundle& bundle, const PartSource& part) const override {
    const auto options = from_architecture(part.architecture, name(), part.where,
                                           ConceptPart(ConceptConfig(LanguageModelConfig(), part.kinds.heads)));
    bundle.concepts = std::make_shared<const ConceptModel>(options.config, part.weights);
    bundle.reads = options.reads;
    bundle.writes = options.writes;
  }
};

class StopHeadPart final : public PartKind {
 public:
  std::string name() const override { return kStopPart; }
  void load(Bundle& bundle, const PartSource& part) const override {
    const auto options = from_architecture<StopPart>(part.architecture, name(), part.where);
    bundle.stop = std::make_shared<const StopHead>(options.latent_width, part.weights);
  }
};

class FamiliarityPart final : public PartKind {
 public:
  std::string name() const override { return kFamiliarityPart; }
  void load(Bundle& bundle, const PartSource& part) const override {
    const auto config = from_architecture<FamiliarityConfig>(part.architecture, name(), part.where);
    if (config.examples.empty()) throw Error({part.where + ": examples", "a question at least", "none", ""});
    bundle.familiarity = std::make_shared<const Familiarity>(config, part.weights);
  }
};

}  // namespace

void ConceptPart::fields(Fields& fields) {
  config.fields(fields);
  fields.add("reads", reads, "the autoencoder whose embeddings are read");
  fields.add("writes", writes, "the autoencoder whose embeddings are predicted");
}

void StopPart::fields(Fields& fields) { fields.add("latent_width", latent_width, {1, 1 << 16}, "of the embeddings"); }

KindList<PartKind> part_kinds() {
  KindList<PartKind> kinds;
  kinds.add(std::make_unique<LanguageModelPart>());
  kinds.add(std::make_unique<AutoencoderPart>());
  kinds.add(std::make_unique<ConceptModelPart>());
  kinds.add(std::make_unique<StopHeadPart>());
  kinds.add(std::make_unique<FamiliarityPart>());
  return kinds;
}

}  // namespace noema
