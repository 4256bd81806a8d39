#pragma once

#include <memory>

#include "concept_lm/bundle.h"
#include "nn/device/step_recorder.h"

namespace noema {

/// What reasoning does again and again, for an accelerator to take several steps of at a time: concept after concept,
/// and the most probable token after token. Null where the bundle has no such part.
struct StepRecorders {
  /// The bundle, which must have an accelerator, must outlive it.
  explicit StepRecorders(const Bundle& bundle);

  std::unique_ptr<StepRecorder> concepts;   ///< gives ẑ [B,Z] and, where there is a stop head, its log-odds [B]
  std::unique_ptr<StepRecorder> sentences;  ///< of the decoder that writes concepts; gives most_probable() [B,3]
  std::unique_ptr<StepRecorder> chain;      ///< the same of the chain model
};

}  // namespace noema
