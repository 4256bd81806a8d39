#include "sentence_vae/losses.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "support/gradients.h"

namespace noema {
namespace {

torch::Tensor random_double(std::vector<std::int64_t> shape) {
  torch::manual_seed(static_cast<std::uint64_t>(shape[0] * 31 + shape.back()));
  return torch::randn(shape, torch::kFloat64);
}

TEST(Losses, GradientsAgreeWithFiniteDifferences) {
  const torch::Tensor logits = random_double({5, 7}), tokens = torch::tensor({0, 3, 6, 2, 2});
  expect_right_gradients([&] { return token_cross_entropy(logits, tokens); }, {logits});
  const torch::Tensor queries = random_double({4, 6}), keys = random_double({4, 6}) + 0.1;
  const torch::Tensor numbers = torch::tensor({0, 1, 0, 2});
  expect_right_gradients([&] { return info_nce(queries, keys, 0.1); }, {queries, keys});
  expect_right_gradients([&] { return info_nce(queries, keys, 0.5, numbers); }, {queries, keys});
  const torch::Tensor mean = random_double({3, 4}), log_variance = random_double({3, 4});
  expect_right_gradients([&] { return gaussian_kl(mean, log_variance); }, {mean, log_variance});
}

TEST(InfoNce, IsTheFormulaOfThePaper) {
  const torch::Tensor queries = torch::tensor({{1.0, 0.0}, {0.0, 2.0}}), keys = torch::tensor({{3.0, 0.0}, {0.0, 1.0}});
  // Cosines are 1 on the diagonal and 0 beside it.
  EXPECT_NEAR(info_nce(queries, keys, 0.5).item<double>(), std::log(1.0 + std::exp(-2.0)), 1e-6);
}

TEST(InfoNce, EqualSentencesAreNoNegatives) {
  const torch::Tensor x = torch::tensor({{1.0, 0.0}, {1.0, 0.0}});
  EXPECT_NEAR(info_nce(x, x, 0.1).item<double>(), std::log(2.0), 1e-6);
  EXPECT_NEAR(info_nce(x, x, 0.1, torch::tensor({5, 5})).item<double>(), 0.0, 1e-6);
}

TEST(GaussianKl, IsTheDivergenceFromTheStandardNormal) {
  const torch::Tensor zero = torch::zeros({2, 3});
  EXPECT_NEAR(gaussian_kl(zero, zero).item<double>(), 0.0, 1e-7);
  EXPECT_NEAR(gaussian_kl(zero + 2.0, zero).item<double>(), 6.0, 1e-6);
  EXPECT_NEAR(gaussian_kl(zero, zero + std::log(4.0)).item<double>(), 1.5 * (4.0 - 1.0 - std::log(4.0)), 1e-6);
}

TEST(Losses, TheTotalIsWeighted) {
  const LossTerms terms = {{"a", torch::tensor(2.0), 1.0}, {"b", torch::tensor(3.0), 0.5}};
  EXPECT_NEAR(total(terms).item<double>(), 3.5, 1e-6);
}

TEST(EnergyScore, IsLeastForTheDistributionThatTheTargetsComeFrom) {
  torch::manual_seed(3);
  const torch::Tensor targets = torch::randn({2000, 3});
  const auto score = [&](double mean, double deviation) {
    torch::manual_seed(4);
    return energy_score(torch::randn({8, 2000, 3}) * deviation + mean, targets, 1.0).item<double>();
  };
  const double right = score(0.0, 1.0);
  for (const auto& [mean, deviation] : {std::pair(0.5, 1.0), {0.0, 0.5}, {0.0, 2.0}, {0.0, 0.0}}) {
    EXPECT_GT(score(mean, deviation), right + 0.02) << mean << ", " << deviation;
  }
}

TEST(EnergyScore, OfTwoDrawsIsByItsDefinition) {
  const torch::Tensor draws = torch::tensor({{{3.0}}, {{-1.0}}}, torch::kFloat64);
  const torch::Tensor target = torch::zeros({1, 1}, torch::kFloat64);
  EXPECT_NEAR(energy_score(draws, target, 1.0).item<double>(), 2.0 * (3.0 + 1.0) / 2.0 - 4.0, 1e-6);
  EXPECT_NEAR(energy_score(draws, target, 0.5).item<double>(), std::sqrt(3.0) + 1.0 - 2.0, 1e-6);
}

}  // namespace
}  // namespace noema
