#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "training/progress.h"
#include "training/recipe.h"
#include "training/trainer.h"

namespace noema {

/// The stages in their order: chain, semantic, contextual, concept, stop.
std::vector<std::string> stage_names();

/// Where and how a recipe is run.
struct PipelineOptions {
  std::filesystem::path run;    ///< folder of checkpoints and finished stages
  std::filesystem::path out;    ///< folder of the bundle; empty: the recipe's
  std::filesystem::path start;  ///< bundle whose parts the stages start from; empty: from nothing
  std::string commit;           ///< of the program, for the bundle's provenance
  TrainerOptions trainer;
};

/// Runs the stages of a recipe that are not finished yet, and writes the bundle after each. Returns false when it was
/// interrupted. Throws Error.
bool run_recipe(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress);

/// What a recipe asks for, before it is run.
struct StageEstimate {
  std::string stage;
  std::int64_t parameters = 0;  ///< that are trained
  std::int64_t frozen = 0;      ///< those of the backbone, where LoRA leaves them as they are
  std::int64_t steps = 0;
  double tokens = 0.0;        ///< processed, in all passes of all steps
  double seconds = 0.0;       ///< from a few timed steps of this shape on this machine
  double memory_bytes = 0.0;  ///< weights, gradients, optimiser state and activations
};
struct RecipeEstimate {
  std::vector<StageEstimate> stages;
  double disk_bytes = 0.0;    ///< checkpoints and finished stages
  double bundle_bytes = 0.0;  ///< what ships
};
RecipeEstimate estimate(const Recipe& recipe);

}  // namespace noema
