#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "training/recipe.h"

namespace noema {

/// What a stage of a recipe asks for, before it is run.
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

/// Runs a few steps of every stage, from the bundle in `start` where that is not empty. Throws Error where training
/// would.
RecipeEstimate estimate(const Recipe& recipe, const std::filesystem::path& start = {}, const ModelKinds& kinds = {});

}  // namespace noema
