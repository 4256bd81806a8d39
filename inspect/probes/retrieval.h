#pragma once

#include <torch/types.h>

#include <optional>
#include <vector>

#include "inspect/probes/sentences.h"

namespace noema {

/// How well one predicted embedding finds its true one among those of all other steps.
struct Retrieval {
  bool nearest_is_right = false;      ///< the nearest true embedding belongs to the right sentence, or to an equal one
  std::optional<double> contrastive;  ///< share of the other true embeddings that lie further away than the right one
};

/// For each predicted embedding [N,Z] its place among the true ones [N,Z], by Euclidean distance. `numbers` are equal
/// for equal sentences.
///
/// `contrastive` is the contrastive accuracy of Large Concept Models (arXiv 2412.08821, section 2.4.1): the right
/// embedding and its two neighbours in the text are left out of the comparison, and here also those of equal sentences,
/// which are no mistakes; nothing when none is left to compare with.
std::vector<Retrieval> retrieve(const torch::Tensor& predicted, const torch::Tensor& truth,
                                const std::vector<std::size_t>& numbers,
                                const std::vector<ExampleBatch::Place>& places);

}  // namespace noema
