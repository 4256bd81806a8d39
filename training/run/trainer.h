#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/model/weights.h"
#include "training/data/examples.h"
#include "training/run/progress.h"
#include "training/stages/stage.h"

namespace noema {

/// How often the trainer does what beside training.
struct TrainerOptions {
  double checkpoint_minutes = 5.0;
  std::int64_t report_every = 50;                  ///< steps between two reports
  int bf16 = -1;                                   ///< autocast: 1 yes, 0 no, -1 whichever a probe finds faster
  const std::atomic<bool>* interrupted = nullptr;  ///< when it becomes true, a checkpoint is written and training ends
};

/// What is trained: the stage, its name and options, and its weights, which are changed in place.
struct TrainedStage {
  std::string name;
  const Stage& stage;
  const StageOptions& options;
  const std::string& settings;  ///< the recipe's for this stage: what a checkpoint must have been made with
  TensorMap parameters;
  std::uint64_t seed = 1;  ///< of dropout and the like
};

/// Trains a stage to its end, from where a checkpoint in `folder` left it if there is one. The parameters are then
/// those of the best validation. Killed and started again it gives the same weights as without a break, on a CPU with
/// the same number of threads. Returns false when it was interrupted. Throws Error for a checkpoint made with
/// other settings, and when loss or gradient stop being finite.
bool train_stage(const TrainedStage& trained, const BatchSequence& batches,
                 const std::vector<ReasoningBatch>& validation, const Tokenizer& tokenizer,
                 const std::filesystem::path& folder, const TrainerOptions& options, TrainingProgress& progress);

/// Measures summed over the batches, several of which are taken at once, as shares of 1.
std::map<std::string, double> measure(const Stage& stage, const std::vector<ReasoningBatch>& batches);

}  // namespace noema
