#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/kinds.h"
#include "concept_lm/part_kinds.h"
#include "training/data/steps.h"
#include "training/parts/parts.h"
#include "training/stage_options.h"
#include "training/stages/objective.h"

namespace noema {

/// What every stage of a recipe is told of the rest.
struct StageSetting {
  LanguageModelConfig model;      ///< the shape of the backbone
  bool is_adapted = false;        ///< by LoRA: it stays as it is
  std::int64_t whole_layers = 0;  ///< of the backbone before it was cut; 0: there is none
  ModelKinds kinds = {};          ///< that parts before may be of
};

/// A stage that was built: what it learns and what it leaves.
struct Stage {
  std::shared_ptr<const void> models;               ///< that the objective works on
  std::unique_ptr<const Objective> objective;       ///< destroyed before them
  std::vector<std::pair<std::string, Part>> parts;  ///< what it leaves in the bundle; the first one is what is trained

  /// In place of an objective: computes the part from batches to learn from and others to choose by.
  using Fit = std::function<void(Part& part, const Tokenizer& tokenizer, const MicroBatches& training,
                                 const MicroBatches& validation)>;
  Fit fit = {};

  Part& trained() { return parts.front().second; }
  const Part& trained() const { return parts.front().second; }

  /// Those of its tensors that change.
  TensorMap parameters() const;
};

struct DataSetting;

/// How the batches of a stage on questions are made.
struct ReasoningNeeds {
  double twins = 0.0;            ///< share of the examples that bring their twin along
  bool hints = false;            ///< whether the task's hints come with the examples
  bool whole_questions = false;  ///< without siblings, whatever the recipe says
};

/// A kind of stage: its options, what it needs, how it is built, and what it leaves. Its name is that of its table in a
/// recipe, and of the part that it trains.
class StageKind : public Kind {
 public:
  virtual std::unique_ptr<StageKind> clone() const = 0;

  /// The architectures of the parts that it will leave, given those that are there before it. Throws Error where it
  /// contradicts them or the setting: what a run would otherwise find hours later.
  virtual Architectures foresee(const StageSetting& setting, const Architectures& there) const = 0;

  /// Its models are built from `tensors` if there are any, else from the parts before. Throws Error as foresee does.
  virtual Stage build(const StageSetting& setting, const Parts& parts, TensorMap tensors) const = 0;

  /// What it is trained on: questions, unless it says otherwise.
  virtual StageData data(const DataSetting& setting) const;

  /// How questions come to it.
  virtual ReasoningNeeds needs() const { return {}; }

  /// Whether its batches are dealt out to ranks; else each of them computes all of it.
  virtual bool is_dealt() const { return true; }

  /// How it is trained; its fields come first.
  StageOptions training;
  void fields(Fields& fields) override { training.fields(fields); }
};

/// The stages in their order: chain, semantic, contextual, concept, stop, familiarity; add one here.
KindList<StageKind> stage_kinds(const ModelKinds& kinds = {});

/// Throws Error, naming the `key` that asks for it, if there is no such part.
const nlohmann::json& need_part(const Architectures& there, const std::string& part, const std::string& key);

/// The backbone of a part with `prefix` before its names; what stands beside it in an autoencoder stays behind.
TensorMap backbone_of(const TensorMap& tensors, const std::string& prefix = "");

/// The configuration of a part before. Throws Error if it is no autoencoder.
AutoencoderConfig autoencoder_config(const nlohmann::json& architecture, const std::string& name,
                                     const StageSetting& setting);

/// A part as it stays while others learn from it.
std::shared_ptr<const Autoencoder> frozen_autoencoder(const Parts& parts, const std::string& name,
                                                      const StageSetting& setting);

/// The configuration of the concept model before, whose autoencoder must be there, too. Throws Error, naming the `key`
/// that asks for them.
ConceptPart need_concepts(const Architectures& there, const StageSetting& setting, const std::string& key);

/// A concept model, and the autoencoder whose embeddings it reads, as they stay while others learn from them.
struct FrozenConcepts {
  ConceptModel model;
  std::shared_ptr<const Autoencoder> reads;

  std::int64_t latent_width() const { return model.config().output_width; }
};
FrozenConcepts frozen_concepts(const Parts& parts, const StageSetting& setting);

std::unique_ptr<StageKind> chain_stage_kind();
std::unique_ptr<StageKind> semantic_stage_kind(const SentenceKinds& kinds = {});
std::unique_ptr<StageKind> contextual_stage_kind(const SentenceKinds& kinds = {});
std::unique_ptr<StageKind> concept_stage_kind(const KindList<HeadKind>& heads = head_kinds());
std::unique_ptr<StageKind> stop_stage_kind();
std::unique_ptr<StageKind> familiarity_stage_kind();

}  // namespace noema
