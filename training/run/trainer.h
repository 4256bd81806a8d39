#pragma once

#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

#include "nn/model/weights.h"
#include "training/data/steps.h"
#include "training/run/progress.h"
#include "training/run/workers.h"
#include "training/stage_options.h"

namespace noema {

/// Whether matrix products are in bf16 during training (autocast).
enum class Autocast { automatic, on, off };

/// How often the trainer does what besides training.
struct TrainerOptions {
  double checkpoint_minutes = 5.0;
  std::int64_t report_every = 50;                  ///< steps between two reports
  Autocast bf16 = Autocast::automatic;             ///< a run goes on with what it began with
  const std::atomic<bool>* interrupted = nullptr;  ///< when it becomes true, a checkpoint is written and training ends
  Ranks* ranks = nullptr;                          ///< that train together; null: this process alone
};

/// What is trained: what a stage learns and from what, and its weights, which are changed in place.
struct TrainedStage {
  std::string name;
  const Objective& objective;
  const StageOptions& options;
  const std::string& settings;  ///< the recipe's for this stage: what a checkpoint must have been made with
  TensorMap& parameters;
  const StepSource& steps;
  const MicroBatches& validation;
  std::uint64_t seed = 1;  ///< of dropout and the like
  bool bf16 = false;       ///< autocast
};

/// Trains a stage to its end, from where a checkpoint in `folder` left it if there is one. The parameters are then
/// those of the best validation. Killed and started again it gives the same weights as without a break, on a CPU with
/// the same number of threads and ranks. Of several ranks the first writes, and all read. Returns false when it was
/// interrupted. Throws Error for a checkpoint made with other settings, and when loss or gradient stop being finite.
bool train_stage(const TrainedStage& trained, const Workers& workers, const Tokenizer& tokenizer,
                 const std::filesystem::path& folder, const TrainerOptions& options, TrainingProgress& progress);

/// Whether steps on such a batch are faster in bf16 on this processor.
bool bf16_is_faster(const Objective& objective, const std::shared_ptr<const Batch>& batch, const TensorMap& parameters,
                    const Workers& workers);

}  // namespace noema
