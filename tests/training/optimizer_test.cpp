#include "training/optimizer.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

namespace noema {
namespace {

TEST(LearningRate, WarmsUpThenFollowsACosineDown) {
  StageOptions options;
  options.steps = 110;
  options.warmup = 10;
  options.learning_rate = 1.0;
  options.final_rate = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate(options, 0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(options, 9), 1.0);
  EXPECT_NEAR(learning_rate(options, 60), 0.55, 1e-12);
  EXPECT_NEAR(learning_rate(options, 110), 0.1, 1e-12);
  EXPECT_NEAR(learning_rate(options, 1000), 0.1, 1e-12);
}

/// One step of AdamW on x with gradient g, by the formula (arXiv 1711.05101, algorithm 2).
double adamw(double x, double g, double rate, double decay) {
  return x - rate * decay * x - rate * g / (std::abs(g) + 1e-8);
}

TEST(Optimizer, TakesTheStepOfAdamWAndDecaysMatricesOnly) {
  StageOptions options;
  options.weight_decay = 0.5;
  options.clip = 1e6;
  const torch::Tensor matrix = torch::full({2, 2}, 3.0f), vector = torch::full({2}, 3.0f);
  Optimizer optimizer({{"matrix", matrix}, {"vector", vector}}, options);
  (2.0 * matrix.sum() + 2.0 * vector.sum()).backward();
  EXPECT_NEAR(optimizer.step(0.1), 2.0 * std::sqrt(6.0), 1e-5);
  EXPECT_NEAR(matrix[0][0].item<double>(), adamw(3.0, 2.0, 0.1, 0.5), 1e-5);
  EXPECT_NEAR(vector[0].item<double>(), adamw(3.0, 2.0, 0.1, 0.0), 1e-5);
  EXPECT_EQ(matrix.grad().abs().sum().item<double>(), 0.0);
}

TEST(Optimizer, ClipsTheNormOfAllGradientsTogether) {
  StageOptions options;
  options.clip = 1.0;
  const torch::Tensor a = torch::zeros({1}), b = torch::zeros({1});
  Optimizer optimizer({{"a", a}, {"b", b}}, options);
  (30.0 * a.sum() + 40.0 * b.sum()).backward();
  EXPECT_NEAR(optimizer.step(0.0), 50.0, 1e-4);
  EXPECT_NEAR(optimizer.state().at("m.a").item<double>(), 0.1 * 0.6, 1e-6);
}

}  // namespace
}  // namespace noema
