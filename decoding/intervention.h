#pragma once

#include <torch/types.h>

#include <cstddef>
#include <span>

#include "base/random.h"
#include "concept_lm/concept_head.h"

namespace noema {

/// Whose latents stand in the rows of a batch.
struct LatentRows {
  std::span<const std::size_t> questions;  ///< place of each row's question in the list that was asked
  std::span<Random* const> randoms;        ///< each row's own
  std::span<const std::size_t> steps;      ///< the sentence that each row's latent stands for, from 0
};

/// Changes latents on their way through the latent modes, which observers may only look at. A question's latents are
/// told from others by its place; what is done to one must not depend on the batch, but for exchanges between
/// questions.
class Intervention {
 public:
  virtual ~Intervention() = default;

  /// Concepts just predicted, before anything is read off them. What is returned takes their place.
  virtual Concept on_predicted(const Concept& concepts, const LatentRows& /*rows*/) { return concepts; }

  /// Inputs [B,D] about to go back into the concept model.
  virtual torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& /*rows*/) { return inputs; }
};

}  // namespace noema
