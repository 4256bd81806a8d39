#pragma once

#include <torch/types.h>

#include <vector>

#include "decoding/concept_stream.h"

namespace noema {

/// What a latent strategy does with a concept: the sentence that it makes of it, and what goes back into the model.
class Feedback {
 public:
  virtual ~Feedback() = default;

  /// The steps of ẑ, one a row, with a text when reasoning needs one.
  virtual std::vector<Step> read(const Concept& concepts) = 0;

  /// The next input [B,D], for the concepts last read.
  virtual torch::Tensor input(const Concept& concepts) = 0;

  virtual void keep(const std::vector<std::int64_t>& rows) = 0;

  /// More rows come in behind those that are there, with these questions (padded on the left).
  virtual void start(const Sentences& questions) = 0;
};

/// Reasons with the concept model until no question is left: predict, read, judge, feed back.
void reason_in_concepts(ActiveBatch& batch, ConceptStream& stream, Feedback& feedback);

/// Bytes of the caches of one row: of its concepts and of `sentences` that are decoded together.
std::int64_t concept_cache_bytes(const RunContext& context, std::int64_t question, std::int64_t sentences);

/// Bytes of the cache of a row's text, for the encoder that reads it.
std::int64_t text_cache_bytes(const RunContext& context, std::int64_t question);

/// Steps without texts, of ẑ [B,Z]; theirs is on the CPU, in fp32.
std::vector<Step> steps_of(const torch::Tensor& z);

}  // namespace noema
