#include "training/run/stage_check.h"

#include "base/error.h"
#include "training/data/examples.h"

namespace noema {
namespace {

using Parts = std::set<std::string>;

void require_part(const Parts& there, const std::string& part, const std::string& key) {
  if (there.contains(part)) return;
  throw Error({key, "a stage [" + part + "] before it", "none",
               "give [" + part + "] a number of steps, or start from a bundle that has it"});
}

void check_contextual(const AutoencoderStage& options, const Parts& there) {
  if (options.contrast_weight > 0.0) require_part(there, "semantic", "[contextual] contrast_weight");
}

void check_layers(const Recipe& recipe, const TransformerConfig& model) {
  const ConceptStage& options = recipe.concept_model;
  const std::int64_t layers = options.layers > 0 ? options.layers : model.layers;
  if (layers != model.layers && recipe.lora) {
    throw Error({"[concept] layers", "the backbone's " + std::to_string(model.layers) + " where it is adapted",
                 std::to_string(layers), "leave it out, or [lora]"});
  }
  if (options.hint_layer > layers) {
    throw Error({"[concept] hint_layer", "at most the model's " + std::to_string(layers) + " layers",
                 std::to_string(options.hint_layer), ""});
  }
  if (layers == 1 && options.early_exit > 0.0 && options.hint_weight > 0.0) {
    throw Error({"[concept] hint_weight", "a layer before the early exit to hint at", "a model of one layer",
                 "leave out early_exit or hint_weight"});
  }
}

void check_concept(const Recipe& recipe, const TransformerConfig& model, const Parts& there) {
  const ConceptStage& options = recipe.concept_model;
  require_part(there, options.reads, "[concept] reads");
  require_part(there, options.writes, "[concept] writes");
  if (!there.contains("concept")) require_part(there, options.start, "[concept] start");
  check_layers(recipe, model);
  const AutoencoderStage& written = options.writes == "semantic" ? recipe.semantic : recipe.contextual;
  if (options.readout_weight > 0.0 && written.readout_weight == 0.0) {
    throw Error({"[concept] readout_weight", "a readout_weight above 0 in [" + options.writes + "]", "0",
                 "set it there, or leave it out here"});
  }
}

void check_stop(const Recipe& recipe, const Parts& there) {
  require_part(there, "concept", "[stop]");
  require_part(there, recipe.concept_model.reads, "[stop]");
}

}  // namespace

void check_stages(const Recipe& recipe, const TransformerConfig& model, std::set<std::string> there) {
  const std::int64_t widest = (recipe.max_tokens + kWidthMultiple - 1) / kWidthMultiple * kWidthMultiple;
  if (widest > model.max_positions) {
    throw Error({"[data] max_tokens", "at most the model's " + std::to_string(model.max_positions) + " positions",
                 std::to_string(recipe.max_tokens), "lower it, or raise max_positions in [model]"});
  }
  for (const std::string& stage : stage_names()) {
    if (stage_options(recipe, stage).steps == 0) continue;
    if (stage == "contextual") check_contextual(recipe.contextual, there);
    if (stage == "concept") check_concept(recipe, model, there);
    if (stage == "stop") check_stop(recipe, there);
    there.insert(stage);
    if (stage == "contextual" && recipe.contextual.chain_weight > 0.0) there.insert("chain");
  }
}

}  // namespace noema
