#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>
#include <vector>

namespace noema {

/// Holds the gradients of a scalar function of tensors in double precision against central differences.
inline void expect_right_gradients(const std::function<torch::Tensor()>& loss,
                                   const std::vector<torch::Tensor>& inputs) {
  constexpr double kNudge = 1e-6, kSlack = 1e-6;
  for (const torch::Tensor& input : inputs) {
    ASSERT_EQ(input.scalar_type(), torch::kFloat64);
    input.requires_grad_(true);
  }
  const auto gradients = torch::autograd::grad({loss()}, inputs);
  const torch::NoGradGuard no_grad;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    torch::Tensor flat = inputs[i].view({-1});
    for (std::int64_t j = 0; j < flat.numel(); ++j) {
      const double value = flat[j].item<double>();
      flat[j] = value + kNudge;
      const double above = loss().item<double>();
      flat[j] = value - kNudge;
      const double below = loss().item<double>();
      flat[j] = value;
      const double slope = gradients[i].reshape({-1})[j].item<double>();
      EXPECT_NEAR(slope, (above - below) / (2.0 * kNudge), kSlack * (1.0 + std::abs(slope)))
          << "input " << i << ", element " << j;
    }
  }
}

}  // namespace noema
