#pragma once

#include <torch/types.h>

#include <memory>

#include "concept_lm/bundle.h"
#include "decoding/options.h"

namespace noema {

/// How unsure a model is of concepts that it just predicted, without writing them out.
class Doubt {
 public:
  virtual ~Doubt() = default;
  virtual torch::Tensor of(const torch::Tensor& z /*[B,Z]*/, ComputeObserver* observer = nullptr) const = 0;  ///< [B]
};

/// The measure by name. The bundle must outlive it. Throws Error when the bundle lacks what it is read from.
std::unique_ptr<Doubt> make_doubt(const Bundle& bundle, DoubtMeasure measure);

}  // namespace noema
