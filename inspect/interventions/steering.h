#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "concept_lm/bundle.h"

namespace noema {

/// How the embedding of a given sentence is looked for.
struct SteeringOptions {
  int max_iterations = 200;
  double step = 0.05;        ///< of Adam, as a share of the root mean square of the start
  double probability = 0.9;  ///< least probability of every token at which it is found
  double noise = 0.5;        ///< Gaussian, as a share of the same: the sentence is to be decoded all around the concept
  std::int64_t samples = 8;  ///< noisy copies an iteration
  double beyond = 0.5;       ///< how much farther than to the concept found, as a share of the way to it
  std::uint64_t seed = 1;    ///< of the noise
  const std::atomic<bool>* cancelled = nullptr;  ///< when it becomes true, the search ends with what it has
};

/// A concept that stands for a given sentence.
struct SteeredConcept {
  Concept replacement;    ///< embedding [Z], input [D]
  bool is_exact = false;  ///< greedy decoding gives the sentence
  int iterations = 0;     ///< after which it was found; 0: without a search
};

/// The concept near `start` [Z] whose decoding is `sentence`. A semantic model's encoder gives it from the sentence
/// alone. A contextual encoder cannot read a sentence that does not follow from its context: there it is found by
/// gradient descent on the cross-entropy of the decoder, and of the readout where there is one, from `start`; what
/// comes nearest is returned. The descent is under noise: without it, it ends just inside the region that decodes to
/// the sentence, where the concept model may take it for something else. For the same reason the way from `start` is
/// then gone on, if the sentence is decoded there, too. Throws Error when the sentence is empty, not UTF-8 or longer
/// than 64 tokens, for a model that reads other embeddings than it writes, and for a descent through one that does not
/// compute in fp32.
SteeredConcept concept_of(const Bundle& bundle, std::string_view sentence, const torch::Tensor& start,
                          const SteeringOptions& options = {});

}  // namespace noema
