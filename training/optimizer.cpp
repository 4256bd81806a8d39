#include "training/optimizer.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"

namespace noema {

double learning_rate(const StageOptions& options, std::int64_t step) {
  if (step < options.warmup) {
    return options.learning_rate * static_cast<double>(step + 1) / static_cast<double>(options.warmup);
  }
  const double whole = static_cast<double>(std::max<std::int64_t>(options.steps - options.warmup, 1));
  const double progress = std::min(1.0, static_cast<double>(step - options.warmup) / whole);
  const double cosine = 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  return options.learning_rate * (options.final_rate + (1.0 - options.final_rate) * cosine);
}

Optimizer::Optimizer(const TensorMap& parameters, const StageOptions& options)
    : options_(options), groups_{{{}, {}, {}, {}, options.weight_decay}, {{}, {}, {}, {}, 0.0}} {
  for (const auto& [name, parameter] : parameters) {
    Group& group = groups_[parameter.dim() >= 2 ? 0 : 1];
    group.parameters.push_back(parameter.requires_grad_(true));
    group.first.push_back(named_state_["m." + name] = torch::zeros_like(parameter));
    group.second.push_back(named_state_["v." + name] = torch::zeros_like(parameter));
    group.steps.push_back(named_state_["steps." + name] = torch::zeros({}, torch::kFloat32));
  }
}

double Optimizer::step(double rate) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> norms;
  for (Group& group : groups_) {
    for (torch::Tensor& parameter : group.parameters) {
      if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
      norms.push_back(parameter.grad().norm());
    }
  }
  const double norm = torch::stack(norms).norm().item<double>();
  const double scale = norm > options_.clip ? options_.clip / norm : 1.0;
  for (Group& group : groups_) {
    std::vector<torch::Tensor> gradients;
    for (torch::Tensor& parameter : group.parameters) gradients.push_back(parameter.grad());
    if (gradients.empty()) continue;
    if (scale < 1.0) at::_foreach_mul_(gradients, scale);
    at::_foreach_add_(group.steps, 1.0);
    at::_fused_adamw_(group.parameters, gradients, group.first, group.second, {}, group.steps, rate, 0.9,
                      options_.beta2, group.weight_decay, 1e-8, false, false);
    at::_foreach_zero_(gradients);
  }
  return norm;
}

TensorMap Optimizer::state() const { return named_state_; }

void Optimizer::restore(const TensorMap& state) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : named_state_) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != tensor.sizes()) {
      throw Error({"checkpoint: \"" + name + "\"", "the optimiser's state for this model", "none or another shape",
                   "remove the checkpoint to start the stage again"});
    }
    tensor.copy_(found->second);
  }
}

}  // namespace noema
