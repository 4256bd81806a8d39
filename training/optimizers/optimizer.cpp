#include "training/optimizers/optimizer.h"

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

Optimizer::Optimizer(const TensorMap& parameters, const StageOptions& options) : clip_(options.clip) {
  NamedTensors hidden, matrices, vectors;
  for (const auto& [name, parameter] : parameters) {
    parameters_.push_back(parameter.requires_grad_(true));
    const bool is_table = name.find("embedding") != std::string::npos || name.find("positions") != std::string::npos;
    const bool is_hidden = options.optimizer == StageOptions::Rule::muon && parameter.dim() == 2 && !is_table;
    (is_hidden ? hidden : parameter.dim() >= 2 ? matrices : vectors).emplace_back(name, parameter);
  }
  rules_.push_back(make_muon(hidden, options.weight_decay, state_));
  rules_.push_back(make_adamw(matrices, options.beta2, options.weight_decay, state_));
  rules_.push_back(make_adamw(vectors, options.beta2, 0.0, state_));
}

double Optimizer::step(double rate) {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> gradients;
  for (torch::Tensor& parameter : parameters_) {
    if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
    gradients.push_back(parameter.grad());
  }
  const double norm = torch::stack(at::_foreach_norm(gradients)).norm().item<double>();
  if (!std::isfinite(norm)) return norm;
  if (norm > clip_) at::_foreach_mul_(gradients, clip_ / norm);
  for (const auto& rule : rules_) rule->step(rate);
  at::_foreach_zero_(gradients);
  return norm;
}

void Optimizer::restore(const TensorMap& state) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : state_) {
    const auto found = state.find(name);
    if (found == state.end() || found->second.sizes() != tensor.sizes()) {
      throw Error({"checkpoint: \"" + name + "\"", "the optimiser's state for this model", "none or another shape",
                   "remove the checkpoint to start the stage again"});
    }
    tensor.copy_(found->second);
  }
}

}  // namespace noema
