#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "training/recipe.h"
#include "training/run/progress.h"
#include "training/run/trainer.h"

namespace noema {

/// Where and how a recipe is run.
struct PipelineOptions {
  std::filesystem::path run;    ///< folder of checkpoints and finished stages
  std::filesystem::path out;    ///< folder of the bundle; empty: the recipe's
  std::filesystem::path start;  ///< bundle whose parts the stages start from, and that those of no steps keep; empty:
                                ///< from nothing
  std::string commit;           ///< of the program, for the bundle's provenance
  TrainerOptions trainer;
  ModelKinds kinds = {};  ///< that the parts may be of
};

/// Runs the stages of a recipe that are not finished yet, and writes the bundle after the last. Returns false when it
/// was interrupted. With several ranks all call it, with the same recipe and folders, which all see; the first writes.
/// A rank that fails lets the others know. Throws Error, among others for a run that began with another recipe.
bool run_recipe(const Recipe& recipe, const PipelineOptions& options, TrainingProgress& progress);

}  // namespace noema
