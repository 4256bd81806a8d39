#pragma once

#include <torch/types.h>

#include <vector>

#include "decoding/concept_source.h"

namespace noema {

/// What a latent strategy does with a concept: the sentence that it makes of it, and what goes back into the model.
class Feedback {
 public:
  virtual ~Feedback() = default;

  /// Whether there is room for reasoning about a question.
  virtual bool fits(const TokenIds& /*question*/) const { return true; }

  /// More rows come in after those that are there, with these questions (padded on the left).
  virtual void start(const Sentences& questions) = 0;

  /// The steps of ẑ, one a row, with a text when reasoning needs one.
  virtual std::vector<Step> read(const Concept& concepts) = 0;

  /// Whether the step that a row has come to can go back into the model, and another after it.
  virtual bool has_room(std::size_t /*row*/, const Step& /*step*/) const { return true; }

  /// The next input [B,D], for the concepts last read of the rows that are left. `reasoning` has a line for each.
  virtual torch::Tensor input(const Concept& concepts, Ledger::Scope& reasoning) = 0;

  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// Reasons with the concept model until no question is left: predict, read, judge, feed back.
void reason_in_concepts(ActiveBatch& batch, ConceptSource& source, Feedback& feedback);

/// How many tokens each step has, with the newline that ends it.
std::vector<std::int64_t> sentence_lengths(const std::vector<Step>& steps);

/// Bytes of the caches of one row: of its concepts and of `sentences` that are decoded together.
std::int64_t concept_cache_bytes(const RunContext& context, std::int64_t question, std::int64_t sentences);

/// Bytes of the cache of a row's text, for the encoder that reads it.
std::int64_t text_cache_bytes(const RunContext& context, std::int64_t question);

}  // namespace noema
