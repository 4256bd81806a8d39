#pragma once

#include <string>
#include <string_view>

#include "concept_lm/bundle.h"

namespace noema {

/// How the embedding of a given sentence is looked for.
struct SteeringOptions {
  int max_iterations = 200;
  double step = 0.05;        ///< of Adam, as a share of the root mean square of the start
  double probability = 0.9;  ///< least probability of every token at which it is found
};

/// A concept that stands for a given sentence.
struct SteeredConcept {
  Concept replacement;    ///< embedding [Z], input [D]
  bool is_exact = false;  ///< greedy decoding gives the sentence
  int iterations = 0;
};

/// The concept near `start` [Z] whose decoding is `sentence`. A semantic model's encoder gives it from the sentence
/// alone. A contextual encoder cannot read a sentence that does not follow from its context: there it is found by
/// gradient descent on the cross-entropy of the decoder, and of the readout where there is one, from `start`; what
/// comes nearest is returned. Throws Error when the sentence is empty, not UTF-8 or longer than 64 tokens, and for a
/// model that reads other embeddings than it writes.
SteeredConcept concept_of(const Bundle& bundle, std::string_view sentence, const torch::Tensor& start,
                          const SteeringOptions& options = {});

}  // namespace noema
