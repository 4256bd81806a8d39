#pragma once

#include "concept_lm/bundle.h"
#include "decoding/observer.h"
#include "decoding/options.h"
#include "decoding/step_recorders.h"
#include "tasks/task.h"

namespace noema {

/// What every part of a run needs to know.
struct RunContext {
  const Bundle& bundle;
  const Task& task;
  const ReasoningOptions& options;
  const RunOptions& run;
  Observer* observer = nullptr;        ///< null: nobody watches
  StepRecorders* recorders = nullptr;  ///< null: there is no accelerator

  /// Whether somebody looks at every operation, so that none may be recorded.
  bool is_watched() const { return observer && observer->wants_operations(); }
};

}  // namespace noema
