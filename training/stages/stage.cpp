#include "training/stages/stage.h"

#include <algorithm>

#include "base/error.h"
#include "training/data/recipe_data.h"

namespace noema {

KindList<StageKind> stage_kinds(const ModelKinds& kinds) {
  KindList<StageKind> all;
  all.add(chain_stage_kind());
  all.add(semantic_stage_kind(kinds));
  all.add(contextual_stage_kind(kinds));
  all.add(concept_stage_kind(kinds.heads));
  all.add(stop_stage_kind());
  all.add(familiarity_stage_kind());
  return all;
}

TensorMap Stage::parameters() const {
  TensorMap changing = trained().tensors;
  for (const std::string& name : trained().frozen) changing.erase(name);
  return changing;
}

StageData StageKind::data(const DataSetting& setting) const { return reasoning_data(*this, setting); }

const nlohmann::json& need_part(const Architectures& there, const std::string& part, const std::string& key) {
  const auto found = there.find(part);
  if (found != there.end()) return found->second;
  throw Error({key, "a stage [" + part + "] before it", "none",
               "give [" + part + "] a number of steps, or start from a bundle that has it"});
}

TensorMap backbone_of(const TensorMap& tensors, const std::string& prefix) {
  constexpr const char* kBeside[] = {"bottleneck.", "encoder.", "decoder.", "readout."};
  TensorMap renamed;
  for (const auto& [name, tensor] : tensors) {
    const bool is_beside = std::any_of(std::begin(kBeside), std::end(kBeside),
                                       [&name = name](const char* beside) { return name.starts_with(beside); });
    if (!is_beside) renamed[prefix + name] = tensor;
  }
  return renamed;
}

AutoencoderConfig autoencoder_config(const nlohmann::json& architecture, const std::string& name,
                                     const StageSetting& setting) {
  return from_architecture(architecture, kAutoencoderPart, name,
                           AutoencoderConfig(setting.model, "contextual", setting.kinds));
}

std::shared_ptr<const Autoencoder> frozen_autoencoder(const Parts& parts, const std::string& name,
                                                      const StageSetting& setting) {
  Weights weights = parts.frozen(name);
  return std::make_shared<const Autoencoder>(autoencoder_config(parts.architecture(name), name, setting), weights);
}

namespace {

ConceptPart concept_part(const nlohmann::json& architecture, const StageSetting& setting) {
  return from_architecture(architecture, kConceptPart, "concept",
                           ConceptPart(ConceptConfig(setting.model, setting.kinds.heads)));
}

}  // namespace

ConceptPart need_concepts(const Architectures& there, const StageSetting& setting, const std::string& key) {
  ConceptPart concepts = concept_part(need_part(there, "concept", key), setting);
  need_part(there, concepts.reads, key);
  return concepts;
}

FrozenConcepts frozen_concepts(const Parts& parts, const StageSetting& setting) {
  const ConceptPart concepts = concept_part(parts.architecture("concept"), setting);
  Weights weights = parts.frozen("concept", "backbone.");
  return {ConceptModel(concepts.config, weights), frozen_autoencoder(parts, concepts.reads, setting)};
}

}  // namespace noema
