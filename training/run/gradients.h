#pragma once

#include <map>
#include <string>
#include <vector>

#include "training/stages/stage.h"

namespace noema {

/// The loss of a batch.
struct BatchLoss {
  double total = 0.0;                   ///< the weighted sum
  std::map<std::string, double> terms;  ///< each term, unweighted
};

/// How a loss is computed.
struct GradientOptions {
  std::uint64_t seed = 1;  ///< of dropout and the like
  bool bf16 = false;       ///< autocast
};

/// Adds the gradients of a batch that is cut into micro-batches to those of the parameters. They are computed side by
/// side, each on one thread: for models of a few million parameters this is faster than one batch on all threads, whose
/// products are too small to be divided. A micro-batch counts by its share of the step tokens, so that losses which are
/// means over tokens are those of the whole; negatives of InfoNCE are those of the micro-batch. The result does not
/// depend on the number of threads, but for rounding within operations. Throws what the stage throws.
BatchLoss add_gradients(const Stage& stage, const std::vector<ReasoningBatch>& micro_batches,
                        const std::vector<torch::Tensor>& parameters, const GradientOptions& options);

}  // namespace noema
