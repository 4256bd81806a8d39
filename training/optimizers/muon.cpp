#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "training/optimizers/update_rule.h"

namespace noema {
namespace {

constexpr double kMomentum = 0.95;
constexpr double kMatchedRms = 0.2;  // of AdamW's updates, about
constexpr int kIterations = 5;

class Muon final : public UpdateRule {
 public:
  Muon(const NamedTensors& parameters, double weight_decay, TensorMap& state) : weight_decay_(weight_decay) {
    for (const auto& [name, parameter] : parameters) {
      Shape& shape = shapes_[{parameter.size(0), parameter.size(1)}];
      shape.parameters.push_back(parameter);
      shape.momenta.push_back(state["m." + name] = torch::zeros_like(parameter));
    }
  }

  void step(double learning_rate) override {
    for (auto& [size, shape] : shapes_) {
      const double scale = kMatchedRms * std::sqrt(static_cast<double>(std::max(size.first, size.second)));
      const torch::Tensor updates = orthogonalized(advance(shape));
      at::_foreach_mul_(shape.parameters, 1.0 - learning_rate * weight_decay_);
      at::_foreach_add_(shape.parameters, updates.unbind(0), -learning_rate * scale);
    }
  }

 private:
  /// Matrices of one shape, which are orthogonalized together.
  struct Shape {
    std::vector<torch::Tensor> parameters, momenta;
  };

  /// Takes the gradients in and gives the momenta [N,R,C] as they will be after the next (Nesterov).
  static torch::Tensor advance(Shape& shape) {
    std::vector<torch::Tensor> gradients;
    for (const torch::Tensor& parameter : shape.parameters) gradients.push_back(parameter.grad());
    at::_foreach_mul_(shape.momenta, kMomentum);
    at::_foreach_add_(shape.momenta, gradients);
    return torch::stack(gradients) + kMomentum * torch::stack(shape.momenta);
  }

  double weight_decay_;
  std::map<std::pair<std::int64_t, std::int64_t>, Shape> shapes_;
};

}  // namespace

std::unique_ptr<UpdateRule> make_muon(const NamedTensors& parameters, double weight_decay, TensorMap& state) {
  return std::make_unique<Muon>(parameters, weight_decay, state);
}

torch::Tensor orthogonalized(torch::Tensor x) {
  // A quintic that pulls singular values in (0, 1] towards 1; its slope at 0 is as steep as five iterations allow.
  constexpr double kA = 3.4445, kB = -4.7750, kC = 2.0315;
  const bool tall = x.size(1) > x.size(2);
  if (tall) x = x.transpose(1, 2);
  x = x / x.flatten(1).norm(2, 1).clamp_min(1e-12).view({-1, 1, 1});
  for (int i = 0; i < kIterations; ++i) {
    const torch::Tensor square = at::bmm(x, x.transpose(1, 2));               // [N,R,R]
    const torch::Tensor mixed = at::baddbmm(square, square, square, kB, kC);  // B·S + C·S²
    x = at::baddbmm(x, mixed, x, kA);                                         // A·X + (B·S + C·S²)·X
  }
  return tall ? x.transpose(1, 2) : x;
}

}  // namespace noema
