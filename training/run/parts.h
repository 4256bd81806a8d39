#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "concept_lm/bundle_folder.h"
#include "concept_lm/concept_model.h"
#include "concept_lm/stop_head.h"
#include "sentence_vae/autoencoder.h"
#include "training/recipe.h"
#include "training/run/backbone.h"
#include "training/run/start.h"
#include "training/stages/stage.h"

namespace noema {

/// The parts that a recipe trains, each with weights of its own; a later one starts from earlier ones.
struct Part {
  nlohmann::json architecture;  ///< as a bundle has it
  TensorMap tensors;            ///< what is trained, and the model's own: what is changed in place changes the model
  std::optional<BundleAdapter> adapter;  ///< with LoRA: how they fit the backbone's, which are frozen and not among
                                         ///< them; nothing: there are no others
  std::string on = {};                   ///< the part whose tensors of the same names are these; empty: there is none
};

/// What a recipe makes of a backbone of this shape.
AutoencoderConfig autoencoder_config(const Recipe& recipe, const std::string& part, const LanguageModelConfig& model);
ConceptConfig concept_config(const Recipe& recipe, const LanguageModelConfig& model);

/// Everything trained so far, by part; models are built from copies, so that what is frozen stays so. With LoRA all of
/// them share the backbone's own weights, which nothing changes.
class Parts {
 public:
  /// With a `backbone` the chain, and what starts from a chain that is not trained, start from it; null: from nothing,
  /// with the recipe's architecture and a vocabulary of `vocab_size`. Recipe, backbone and start must outlive the
  /// parts. Throws Error where the recipe contradicts itself or them (see check_stages).
  Parts(const Recipe& recipe, std::int64_t vocab_size, const Backbone* backbone, const Start& start);

  /// The stage of this name, its model built from `tensors` where there are any, else from the part of the same name
  /// that the run starts from, else from the parts before. The stage is valid as long as this object, until the next
  /// call.
  const Stage& build(const std::string& stage, TensorMap tensors = {});

  /// Keeps the part of a stage that is not trained as the run starts with it, if it does.
  void keep(const std::string& stage);

  /// The part that the stage last built trains.
  const Part& built() const { return built_; }

  /// Keeps the part last built, or one that was finished before, as done. The backbone of a contextual autoencoder that
  /// learnt the chain's loss, too, takes the place of the chain.
  void finish(const std::string& stage, Part part);
  const std::map<std::string, Part>& done() const { return done_; }

  /// The shape of the language model in every part.
  const LanguageModelConfig& model() const { return model_; }

 private:
  TensorMap tensors_of(const std::string& part) const;
  TensorMap on_backbone(TensorMap tensors, const std::string& prefix) const;
  Weights trained_weights(TensorMap tensors, const std::string& prefix = "") const;
  Weights frozen_weights(const std::string& part, const std::string& prefix = "") const;
  Part trained_part(nlohmann::json architecture, const Weights& weights, const std::string& prefix = "") const;
  std::unique_ptr<Autoencoder> frozen_autoencoder(const std::string& part) const;
  void build_chain(TensorMap tensors);
  void build_autoencoder(const std::string& part, TensorMap tensors);
  void build_concept(TensorMap tensors);
  void build_stop(TensorMap tensors);

  const Recipe& recipe_;
  const Backbone* backbone_;
  const Start& start_;
  LanguageModelConfig model_;
  std::map<std::string, Part> done_;
  Part built_;
  std::unique_ptr<LanguageModel> chain_;
  std::unique_ptr<Autoencoder> trained_autoencoder_, reads_, writes_;
  std::unique_ptr<ConceptModel> concepts_;
  std::unique_ptr<StopHead> stop_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace noema
