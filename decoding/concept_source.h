#pragma once

#include <memory>

#include "concept_lm/concept_stream.h"
#include "decoding/active_batch.h"

namespace noema {

/// The concept model at work on the rows of a batch.
class ConceptSource : public ConceptSteps {
 public:
  /// Whether rows may enter now.
  virtual bool can_join() const = 0;

  /// Reads the questions of rows that enter after those that are there.
  virtual void join(const EnteringRows& entering) = 0;
};

/// One step at a time, noise and the intervention of the options included.
std::unique_ptr<ConceptSource> make_concept_source(ActiveBatch& batch);

/// Several steps at a time, where an accelerator can take them and nothing has to happen in between; else as above.
std::unique_ptr<ConceptSource> make_continuous_concept_source(ActiveBatch& batch);

}  // namespace noema
