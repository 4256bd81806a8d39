#pragma once

#include <torch/torch.h>

namespace noema {

/// F::apply where gradients are recorded, and F::forward alone, without a context, where none are: for libtorch an
/// operation of its own takes longer to record than one token's numbers take to compute.
template <typename F, typename... Arguments>
torch::Tensor recorded(const Arguments&... arguments) {
  return at::GradMode::is_enabled() ? F::apply(arguments...) : F::forward(nullptr, arguments...);
}

}  // namespace noema
