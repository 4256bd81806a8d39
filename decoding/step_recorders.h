#pragma once

#include <memory>

#include "concept_lm/bundle.h"
#include "nn/device/token_recorder.h"

namespace noema {

/// What reasoning does again and again, for an accelerator to take several steps of at a time: concept after concept,
/// and the most probable token after token. Null where the bundle has no such part, or it cannot be recorded.
struct StepRecorders {
  /// The bundle, which must have an accelerator, must outlive it.
  explicit StepRecorders(const Bundle& bundle);

  std::unique_ptr<StepRecorder> concepts;  ///< gives ẑ [B,Z], inputs [B,D] and, with a stop head, its log-odds [B]
  std::unique_ptr<SentenceRecorder> sentences;  ///< of the decoder that writes concepts; gives most_probable() [B,3]
  std::unique_ptr<TokenRecorder> chain;         ///< the same of the chain model
};

}  // namespace noema
