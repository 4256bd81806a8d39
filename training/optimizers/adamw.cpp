#include <torch/torch.h>

#include "training/optimizers/update_rule.h"

namespace noema {
namespace {

constexpr double kBeta1 = 0.9, kEpsilon = 1e-8;

class AdamW final : public UpdateRule {
 public:
  AdamW(const NamedTensors& parameters, double beta2, double weight_decay, TensorMap& state)
      : beta2_(beta2), weight_decay_(weight_decay) {
    for (const auto& [name, parameter] : parameters) {
      parameters_.push_back(parameter);
      first_.push_back(state["m." + name] = torch::zeros_like(parameter));
      second_.push_back(state["v." + name] = torch::zeros_like(parameter));
      steps_.push_back(state["steps." + name] = torch::zeros({}, torch::kFloat32));
    }
  }

  void step(double learning_rate) override {
    if (parameters_.empty()) return;
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& parameter : parameters_) gradients.push_back(parameter.grad());
    at::_foreach_add_(steps_, 1.0);
    at::_fused_adamw_(parameters_, gradients, first_, second_, {}, steps_, learning_rate, kBeta1, beta2_, weight_decay_,
                      kEpsilon, false, false);
  }

 private:
  double beta2_, weight_decay_;
  std::vector<torch::Tensor> parameters_, first_, second_, steps_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_adamw(const NamedTensors& parameters, double beta2, double weight_decay,
                                       TensorMap& state) {
  return std::make_unique<AdamW>(parameters, beta2, weight_decay, state);
}

}  // namespace noema
