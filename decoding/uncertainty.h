#pragma once

#include <torch/types.h>

#include <memory>

#include "concept_lm/bundle.h"
#include "decoding/options.h"

namespace noema {

/// How unsure a model is of concepts that it just predicted, without writing them out.
class Uncertainty {
 public:
  virtual ~Uncertainty() = default;
  virtual torch::Tensor of(const torch::Tensor& z /*[B,Z]*/, ComputeObserver* observer = nullptr) const = 0;  ///< [B]
};

/// The measure by name. The bundle must outlive it. Throws Error when the bundle lacks what it is read from.
std::unique_ptr<Uncertainty> make_uncertainty(const Bundle& bundle, UncertaintyMeasure measure);

}  // namespace noema
