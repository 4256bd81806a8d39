#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "training/ranks/ranks.h"
#include "training/stages/objective.h"

namespace noema {

/// The loss of a batch.
struct BatchLoss {
  double total = 0.0;                   ///< the weighted sum
  std::map<std::string, double> terms;  ///< each term, unweighted
};

/// How a loss is computed.
struct GradientOptions {
  std::uint64_t seed = 1;  ///< of dropout and the like, with each micro-batch's number
  bool bf16 = false;       ///< autocast
  std::size_t first = 0;   ///< the number of the first micro-batch
  std::size_t stride = 1;  ///< between the numbers of two
};

/// What computes losses, gradients and measures: the threads of a processor, or these on several ranks.
class Workers {
 public:
  virtual ~Workers() = default;

  /// Adds the gradients of a step to those of the parameters. A micro-batch counts by its weight, so that losses which
  /// are means over tokens are those of the whole; negatives of InfoNCE are those of the micro-batch. Throws what the
  /// objective throws.
  virtual BatchLoss add_gradients(const Objective& objective, const MicroBatches& micro_batches,
                                  const std::vector<torch::Tensor>& parameters,
                                  const GradientOptions& options) const = 0;

  /// What is counted on the batches, summed.
  virtual Counts count(const Objective& objective, const MicroBatches& batches) const = 0;

  /// Measures over the batches, as shares of 1.
  std::map<std::string, double> measure(const Objective& objective, const MicroBatches& batches) const;
};

/// Each micro-batch on one thread, side by side: for models of a few million parameters this is faster than one batch
/// on all threads, whose products are too small to be divided. The result does not depend on the number of threads, but
/// for rounding within operations.
std::unique_ptr<const Workers> make_thread_workers();

/// Micro-batch i is computed by `local` on rank i modulo their number, with what is drawn for it on a single rank, too;
/// gradients, losses and counts are summed, and are alike to the bit on all ranks. Gradients must be zero or undefined
/// before. They are summed in buckets, the last parameters' first: while one is on its way, the next is filled.
std::unique_ptr<const Workers> make_rank_workers(std::unique_ptr<const Workers> local, Ranks& ranks);

}  // namespace noema
