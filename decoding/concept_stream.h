#pragma once

#include <memory>
#include <vector>

#include "decoding/active_batch.h"

namespace noema {

/// The concept model at work on the rows of a batch: it says what comes next, and takes what goes back in.
class ConceptStream {
 public:
  virtual ~ConceptStream() = default;

  /// Whether rows may enter now.
  virtual bool can_join() const = 0;

  /// Reads the questions (padded on the left) of rows that enter behind those that are there.
  virtual void join(const Sentences& questions) = 0;

  /// The next concept of each row.
  virtual Concept predict() = 0;

  /// Goes on with these inputs [B,D].
  virtual void append(const torch::Tensor& inputs) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// One step at a time, noise and the intervention of the options included.
std::unique_ptr<ConceptStream> make_concept_stream(ActiveBatch& batch);

/// Several steps at a time, where an accelerator can take them and nothing has to happen in between; else as above.
/// Concept::input is undefined there, since it has been appended already.
std::unique_ptr<ConceptStream> make_continuous_concept_stream(ActiveBatch& batch);

}  // namespace noema
