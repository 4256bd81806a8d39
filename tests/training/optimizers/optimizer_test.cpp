#include "training/optimizers/optimizer.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

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

TEST(Optimizer, AGradientThatIsNotFiniteChangesNothing) {
  for (const auto rule : {StageOptions::Rule::adamw, StageOptions::Rule::muon}) {
    StageOptions options;
    options.optimizer = rule;
    const torch::Tensor a = torch::ones({2, 2}), b = torch::ones({2});
    Optimizer optimizer({{"a", a}, {"b", b}}, options);
    (a.sum() + b.sum() * std::numeric_limits<float>::infinity()).backward();
    EXPECT_FALSE(std::isfinite(optimizer.step(0.1)));
    EXPECT_TRUE(torch::equal(a, torch::ones({2, 2})));
    for (const auto& [name, tensor] : optimizer.state()) EXPECT_TRUE(tensor.isfinite().all().item<bool>()) << name;
  }
}

TEST(Optimizer, MuonMovesHiddenMatricesAndLeavesTheRestToAdamW) {
  StageOptions options;
  options.optimizer = StageOptions::Rule::muon;
  options.weight_decay = 0.0;
  const torch::Tensor hidden = torch::zeros({4, 6}), table = torch::zeros({4, 6}), vector = torch::zeros({6});
  Optimizer optimizer({{"layers.0.weight", hidden}, {"embedding.weight", table}, {"norm", vector}}, options);
  const torch::Tensor slopes = torch::randn({4, 6}, at::make_generator<at::CPUGeneratorImpl>(1));
  ((hidden + table) * slopes).sum().backward();
  optimizer.step(0.1);
  EXPECT_LT((table + 0.1 * slopes.sign()).abs().max().item<double>(), 1e-3);
  // The matrix goes against the gradient, by steps as long as AdamW's: root mean square about 0.2 of the rate.
  EXPECT_LT((hidden * slopes).sum().item<double>(), 0.0);
  const double rms = hidden.square().mean().sqrt().item<double>();
  EXPECT_GT(rms, 0.1 * 0.1);
  EXPECT_LT(rms, 0.1 * 0.3);
  EXPECT_TRUE(optimizer.state().contains("m.layers.0.weight"));
  EXPECT_FALSE(optimizer.state().contains("v.layers.0.weight"));
}

TEST(Muon, OrthogonalizedKeepsTheDirectionsAndLevelsTheSingularValues) {
  for (const std::vector<std::int64_t>& shape : {std::vector<std::int64_t>{2, 5, 9}, {2, 9, 5}, {1, 6, 6}}) {
    const torch::Tensor x = torch::randn(shape, at::make_generator<at::CPUGeneratorImpl>(2));
    const torch::Tensor y = orthogonalized(x);
    ASSERT_EQ(y.sizes(), x.sizes());
    const auto [u, s, v] = at::linalg_svd(x, false);
    const torch::Tensor values = at::matmul(at::matmul(u.mT(), y), v.mT());  // diagonal where directions are kept
    const torch::Tensor diagonal = values.diagonal(0, 1, 2);
    EXPECT_LT((values - torch::diag_embed(diagonal)).abs().max().item<double>(), 1e-3);
    EXPECT_GT(diagonal.min().item<double>(), 0.3);
    EXPECT_LT(diagonal.max().item<double>(), 1.3);
  }
}

}  // namespace
}  // namespace noema
