#include "training/run/parts.h"

#include <torch/torch.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "base/error.h"
#include "training/run/checkpoint.h"
#include "training/run/stage_check.h"
#include "training/stages/autoencoder_stage.h"
#include "training/stages/chain_stage.h"
#include "training/stages/concept_stage.h"

namespace noema {
namespace {

const char* const kConceptBackbone = "backbone.";  // before the names of the backbone in a concept model
constexpr std::int64_t kReadoutTokens = 4;         // "= 14." and "in the kitchen." are read whole

nlohmann::json with_kind(nlohmann::json architecture, const char* kind) {
  architecture["kind"] = kind;
  return architecture;
}

/// The backbone of a part with `prefix` before its names; the tensors of bottleneck and readout stay behind.
TensorMap backbone_of(const TensorMap& tensors, const std::string& prefix = "") {
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    if (!name.starts_with("bottleneck.") && !name.starts_with("readout.")) renamed[prefix + name] = tensor;
  }
  return renamed;
}

/// Without the layers above the first `layers` of a concept model.
TensorMap first_layers(TensorMap tensors, std::int64_t layers) {
  const std::string before = std::string(kConceptBackbone) + "layers.";
  std::erase_if(tensors, [&](const auto& entry) {
    const std::string& name = entry.first;
    if (!name.starts_with(before)) return false;
    std::int64_t layer = -1;  // stays so where there is no number
    std::from_chars(name.data() + before.size(), name.data() + name.size(), layer);
    return layer >= layers;
  });
  return tensors;
}

Weights adapted(Weights weights, const std::optional<LoraOptions>& lora) {
  if (lora) weights.adapt(*lora);
  return weights;
}

}  // namespace

AutoencoderConfig autoencoder_config(const Recipe& recipe, const std::string& part, const LanguageModelConfig& model) {
  const AutoencoderStage& options = part == "semantic" ? recipe.semantic : recipe.contextual;
  AutoencoderConfig config;
  config.model = model;
  config.embedding =
      part == "semantic" ? AutoencoderConfig::Embedding::semantic : AutoencoderConfig::Embedding::contextual;
  config.bottleneck = recipe.bottleneck == "gaussian" ? AutoencoderConfig::BottleneckKind::gaussian
                                                      : AutoencoderConfig::BottleneckKind::identity;
  config.latent_width = recipe.latent_width;
  config.readout = options.readout_weight > 0.0 ? kReadoutTokens : 0;
  return config;
}

ConceptConfig concept_config(const Recipe& recipe, const LanguageModelConfig& model) {
  const bool gaussian = recipe.bottleneck == "gaussian" && recipe.latent_width > 0;
  ConceptConfig config;
  config.model = model;
  if (recipe.concept_model.layers > 0) config.model.transformer.layers = recipe.concept_model.layers;
  config.input_width = config.output_width = gaussian ? recipe.latent_width : model.transformer.width;
  config.head =
      recipe.concept_model.head == "regression" ? ConceptConfig::Head::regression : ConceptConfig::Head::decoding;
  config.decoding = {recipe.concept_model.contrast_weight, recipe.concept_model.temperature};
  return config;
}

Parts::Parts(const Recipe& recipe, std::int64_t vocab_size, const Backbone* backbone, const Start& start)
    : recipe_(recipe),
      backbone_(backbone),
      start_(start),
      model_(backbone ? backbone->config : LanguageModelConfig{vocab_size, recipe.model}) {
  if (backbone && !start.parts.empty()) {
    throw Error({"[model] backbone", "nothing else to start from", start.name, "leave out one of the two"});
  }
  std::set<std::string> there;
  if (backbone) there.insert("chain");
  for (const auto& [name, tensors] : start.parts) there.insert(name);
  check_stages(recipe, model_.transformer, there);
}

const Stage& Parts::build(const std::string& stage, TensorMap tensors) {
  const auto started = start_.parts.find(stage);
  if (tensors.empty() && started != start_.parts.end()) tensors = copy_of(started->second);
  const bool has_chain = backbone_ || done_.contains("chain");
  if (stage == "chain") {
    if (tensors.empty() && backbone_) tensors = tensors_of("chain");
    build_chain(std::move(tensors));
  } else if (stage == "semantic" || stage == "contextual") {
    if (tensors.empty() && has_chain) tensors = tensors_of("chain");
    build_autoencoder(stage, std::move(tensors));
  } else if (stage == "concept") {
    if (tensors.empty()) tensors = backbone_of(tensors_of(recipe_.concept_model.start), kConceptBackbone);
    build_concept(std::move(tensors));
  } else {
    build_stop(std::move(tensors));
  }
  return *stage_;
}

void Parts::keep(const std::string& stage) {
  const auto started = start_.parts.find(stage);
  if (started == start_.parts.end()) return;
  build(stage);
  copy_into(built_.tensors, started->second, start_.name + ": " + stage);  // throws where the recipe has another model
  finish(stage, built_);
}

void Parts::finish(const std::string& stage, Part part) {
  if (stage == "contextual" && recipe_.contextual.chain_weight > 0.0) {
    done_["chain"] = {with_kind(to_json(model_), "language_model"), backbone_of(part.tensors), part.adapter};
    if (!part.adapter) part.on = "chain";  // adapters lie on the backbone already
  }
  done_[stage] = std::move(part);
}

/// Copies of what a stage starts from. With LoRA that is what has been trained: the backbone lies beneath anyway.
TensorMap Parts::tensors_of(const std::string& part) const {
  const auto found = done_.find(part);
  if (found != done_.end()) return copy_of(found->second.tensors);
  if (part == "chain" && backbone_) return recipe_.lora ? TensorMap() : copy_of(backbone_->tensors);
  throw Error(
      {"recipe", "a stage [" + part + "] before the one that starts from it", "none", "give it a number of steps"});
}

TensorMap Parts::on_backbone(TensorMap tensors, const std::string& prefix) const {
  if (!recipe_.lora) return tensors;
  for (const auto& [name, tensor] : backbone_->tensors) tensors[prefix + name] = tensor;
  return tensors;
}

Weights Parts::trained_weights(TensorMap tensors, const std::string& prefix) const {
  return adapted(Weights::starting_from(on_backbone(std::move(tensors), prefix), recipe_.seed), recipe_.lora);
}

Weights Parts::frozen_weights(const std::string& part, const std::string& prefix) const {
  return adapted(Weights(on_backbone(tensors_of(part), prefix), part), recipe_.lora);
}

Part Parts::trained_part(nlohmann::json architecture, const Weights& weights, const std::string& prefix) const {
  Part part{std::move(architecture), weights.tensors(), std::nullopt};
  if (!recipe_.lora) return part;
  for (const auto& [name, tensor] : backbone_->tensors) part.tensors.erase(prefix + name);
  part.adapter = {*recipe_.lora, prefix};
  return part;
}

std::unique_ptr<Autoencoder> Parts::frozen_autoencoder(const std::string& part) const {
  Weights weights = frozen_weights(part);
  return std::make_unique<Autoencoder>(autoencoder_config(recipe_, part, model_), weights);
}

void Parts::build_chain(TensorMap tensors) {
  Weights weights = trained_weights(std::move(tensors));
  chain_ = std::make_unique<LanguageModel>(model_, weights);
  stage_ = make_chain_stage(*chain_, recipe_.chain);
  built_ = trained_part(with_kind(to_json(model_), "language_model"), weights);
}

void Parts::build_autoencoder(const std::string& part, TensorMap tensors) {
  const AutoencoderConfig config = autoencoder_config(recipe_, part, model_);
  const AutoencoderStage& options = part == "semantic" ? recipe_.semantic : recipe_.contextual;
  Weights weights = trained_weights(std::move(tensors));
  trained_autoencoder_ = std::make_unique<Autoencoder>(config, weights);
  reads_ = options.contrast_weight > 0.0 ? frozen_autoencoder("semantic") : nullptr;
  stage_ = make_autoencoder_stage(*trained_autoencoder_, reads_.get(), options);
  built_ = trained_part(with_kind(to_json(config), "autoencoder"), weights);
}

void Parts::build_concept(TensorMap tensors) {
  const ConceptStage& options = recipe_.concept_model;
  const ConceptConfig config = concept_config(recipe_, model_);
  Weights weights =
      trained_weights(first_layers(std::move(tensors), config.model.transformer.layers), kConceptBackbone);
  concepts_ = std::make_unique<ConceptModel>(config, weights);
  reads_ = frozen_autoencoder(options.reads);
  writes_ = options.reads == options.writes ? nullptr : frozen_autoencoder(options.writes);
  const Autoencoder& written = writes_ ? *writes_ : *reads_;
  stage_ = make_concept_stage(*concepts_, *reads_, written, options);
  nlohmann::json architecture = with_kind(to_json(config), "concept");
  architecture["reads"] = options.reads;
  architecture["writes"] = options.writes;
  built_ = trained_part(std::move(architecture), weights, kConceptBackbone);
}

void Parts::build_stop(TensorMap tensors) {
  const ConceptConfig config = concept_config(recipe_, model_);
  Weights frozen = frozen_weights("concept", kConceptBackbone);
  Weights weights = Weights::starting_from(std::move(tensors), recipe_.seed);
  concepts_ = std::make_unique<ConceptModel>(config, frozen);
  reads_ = frozen_autoencoder(recipe_.concept_model.reads);
  stop_ = std::make_unique<StopHead>(config.output_width, weights);
  stage_ = make_stop_stage(*stop_, *concepts_, *reads_);
  built_ = {{{"kind", "stop"}, {"latent_width", config.output_width}}, weights.tensors(), std::nullopt};
}

}  // namespace noema
