#pragma once

#include <cstdint>

#include "concept_lm/bundle.h"
#include "inspect/probes/probe.h"

namespace noema {

struct PerplexityOptions {
  std::int64_t batch = 8;  ///< examples read together
};

/// How well each part of a bundle tells the next sentence, by token, its newline included: the chain from the tokens
/// before it; the decoder from the concept that the concept model predicts after the true embeddings of the sentences
/// before; and each decoder from the true embedding, which sets a bound. In nats a token and as perplexity, with
/// bootstrap intervals over examples. Examples that are too long for a part are left out of all.
ProbeResult perplexity(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                       const PerplexityOptions& options);

}  // namespace noema
