#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/model/weights.h"

namespace noema {

using NamedTensors = std::vector<std::pair<std::string, torch::Tensor>>;

/// How the gradients of some tensors become their next values.
class UpdateRule {
 public:
  virtual ~UpdateRule() = default;

  /// Changes the tensors by their gradients, which are all defined.
  virtual void step(double learning_rate) = 0;
};

/// AdamW (arXiv 1711.05101, algorithm 2) by libtorch's fused kernel. Adds its moments and counts to `state` by name,
/// with "m.", "v." and "steps." before it.
std::unique_ptr<UpdateRule> make_adamw(const NamedTensors& parameters, double beta2, double weight_decay,
                                       TensorMap& state);

/// Muon: momentum with all singular values made about 1 by Newton-Schulz iterations, for matrices inside a network
/// (arXiv 2502.16982, section 2: scaled so that AdamW's learning rates and weight decay fit). Adds its momentum to
/// `state` by name, with "m." before it.
std::unique_ptr<UpdateRule> make_muon(const NamedTensors& parameters, double weight_decay, TensorMap& state);

/// U V' of x = U S V' for matrices x [N,R,C], to about a third of each singular value: enough for a direction.
torch::Tensor orthogonalized(torch::Tensor x);

}  // namespace noema
