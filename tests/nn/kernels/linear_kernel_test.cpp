#include "nn/kernels/linear_kernel.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

struct Products {
  torch::Tensor weight = torch::randn({96, 64}), bias = torch::randn({96}), x = torch::randn({9, 64});
};

/// Mean error as a share of the mean size.
double relative_error(const torch::Tensor& found, const torch::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

TEST(LinearKernel, KeepsAsManyDigitsAsItsPrecisionHas) {
  torch::manual_seed(1);
  const Products p;
  for (const auto& [precision, tolerance] : {std::pair{Precision::bf16, 0.006}, {Precision::int8, 0.012}}) {
    if (precision == Precision::bf16 && !has_bf16_products()) continue;
    for (const torch::Tensor& bias : {p.bias, torch::Tensor()}) {
      const auto kernel = make_linear_kernel(precision, p.weight, bias);
      const double error = relative_error((*kernel)(p.x), at::linear(p.x, p.weight, bias));
      EXPECT_LT(error, tolerance) << to_string(precision);
      EXPECT_GT(error, 0.0) << "nothing was rounded";
    }
  }
  EXPECT_EQ(make_linear_kernel(Precision::fp32, p.weight, p.bias), nullptr);
}

TEST(LinearKernel, ARowDoesNotDependOnTheOthers) {
  torch::manual_seed(2);
  Products p;
  p.x[3] *= 1000.0;  // one scale for all rows would spoil the others
  const auto kernel = make_linear_kernel(Precision::int8, p.weight, p.bias);
  const torch::Tensor together = (*kernel)(p.x);
  for (std::int64_t row = 0; row < p.x.size(0); ++row) {
    EXPECT_TRUE(torch::equal((*kernel)(p.x.narrow(0, row, 1))[0], together[row])) << row;
  }
}

TEST(LinearKernel, WhatIsLargeCostsItsOwnBlockAlone) {
  torch::manual_seed(3);
  Products p;
  p.weight[5] *= 1000.0;
  const torch::Tensor expected = at::linear(p.x, p.weight);
  const torch::Tensor found = (*make_linear_kernel(Precision::int8, p.weight, {}))(p.x);
  EXPECT_LT(relative_error(found.narrow(1, 6, 80), expected.narrow(1, 6, 80)), 0.012);

  p = Products();
  p.x.select(1, 40) *= 1000.0;
  p.weight.slice(1, 32) = 0.0;
  EXPECT_LT(relative_error((*make_linear_kernel(Precision::int8, p.weight, {}))(p.x), at::linear(p.x, p.weight)),
            0.012);
}

/// [N,K] in blocks of 32, each of them numbers from `least` to 15 times a scale of its own, shifted if asked for.
torch::Tensor four_bit_weights(std::int64_t columns, std::int64_t inner, std::int64_t least, bool is_shifted) {
  const std::int64_t blocks = inner / 32;
  torch::Tensor steps = torch::randint(least, 16, {columns, blocks, 32}).to(torch::kFloat32);
  steps.select(2, 3) = 0.0;
  const torch::Tensor scale = torch::rand({columns, blocks, 1}) + 0.1;
  if (!is_shifted) return ((steps - 8.0) * scale * torch::randn_like(scale).sign()).view({columns, inner});
  steps.select(2, 7) = 15.0;
  return (steps * scale - 9.0 * torch::rand_like(scale)).view({columns, inner});
}

TEST(LinearKernel, WeightsThatCameInFourBitsStaySo) {
  torch::manual_seed(5);
  constexpr std::int64_t columns = 24, inner = 96;
  const torch::Tensor x = torch::randint(-127, 128, {5, inner}).to(torch::kFloat32);
  x.view({5, 3, 32}).select(2, 0) = 127.0;  // told exactly in 8 bits
  for (const bool is_shifted : {false, true}) {
    for (const torch::Dtype dtype : {torch::kFloat32, torch::kBFloat16}) {
      torch::Tensor weight = four_bit_weights(columns, inner, is_shifted ? 0 : 4, is_shifted).to(dtype);
      const auto kernel = make_linear_kernel(Precision::int8, weight, {});
      EXPECT_EQ(kernel->bytes(), columns * inner * 5 / 8);
      const double tolerance = dtype == torch::kFloat32 ? 0.001 : 0.005;
      EXPECT_LT(relative_error((*kernel)(x), at::linear(x, weight.to(torch::kFloat32))), tolerance);
      weight[20][70] += 0.3 * weight[20].abs().max();
      EXPECT_EQ(make_linear_kernel(Precision::int8, weight, {})->bytes(), columns * inner * 17 / 16);
    }
  }
}

TEST(LinearKernel, SizesNeedNotBeWholeBlocks) {
  torch::manual_seed(6);
  for (const auto& [columns, inner] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {13, 33}, {70, 31}, {8, 100}}) {
    const torch::Tensor weight = torch::randn({columns, inner}), bias = torch::randn({columns});
    const torch::Tensor x = torch::randn({6, inner});
    const torch::Tensor found = (*make_linear_kernel(Precision::int8, weight, bias))(x);
    EXPECT_LT(relative_error(found, at::linear(x, weight, bias)), 0.012) << columns << " x " << inner;
  }
}

TEST(LinearKernel, WeightsThatNoScaleCanTellAreRefused) {
  for (const double bad : {1e6, std::numeric_limits<double>::infinity(), std::nan("")}) {
    EXPECT_THROW(make_linear_kernel(Precision::int8, torch::full({8, 32}, bad), {}), Error);
  }
}

TEST(LinearKernel, AProcessorWithoutBf16IsTold) {
  if (has_bf16_products()) GTEST_SKIP() << "this one has it";
  EXPECT_THROW(make_linear_kernel(Precision::bf16, torch::ones({8, 16}), {}), Error);
  EXPECT_EQ(fastest_precision(), Precision::fp32);
}

TEST(LinearKernel, TinyInputsAreZeroAndLeaveOthersAlone) {
  torch::manual_seed(8);
  const Products p;
  const auto kernel = make_linear_kernel(Precision::int8, p.weight, {});
  torch::Tensor x = p.x.clone();
  x.slice(1, 32) = 0.0;
  const torch::Tensor expected = (*kernel)(x);
  for (const double tiny : {1e-36, 1e-38, 1e-45, -1e-45}) {
    x.slice(1, 32) = tiny;
    EXPECT_TRUE(torch::equal((*kernel)(x), expected)) << tiny;
  }
}

TEST(LinearKernel, InputsThatAreNotFiniteGiveNoNumbersInTheirRowsAlone) {
  torch::manual_seed(9);
  Products p;
  for (const torch::Tensor& weight : {p.weight, four_bit_weights(96, 64, 0, true)}) {
    const auto kernel = make_linear_kernel(Precision::int8, weight, p.bias);
    const torch::Tensor expected = (*kernel)(p.x);
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const float bad : {kInfinity, -kInfinity, std::nanf(""), -std::nanf("")}) {
      torch::Tensor x = p.x.clone();
      x[4][40] = bad;
      const torch::Tensor found = (*kernel)(x);
      EXPECT_FALSE(found[4].isfinite().any().item<bool>()) << bad;
      EXPECT_TRUE(torch::equal(found.narrow(0, 0, 4), expected.narrow(0, 0, 4)));
      EXPECT_TRUE(torch::equal(found.narrow(0, 5, 4), expected.narrow(0, 5, 4)));
    }
  }
}

TEST(LinearKernel, NoRowsGiveNoRows) {
  const auto kernel = make_linear_kernel(Precision::int8, torch::randn({8, 16}), {});
  EXPECT_EQ((*kernel)(torch::zeros({0, 16})).sizes(), (std::vector<std::int64_t>{0, 8}));
}

/// Holds what products say that they read against their sizes.
class BytesRead final : public ComputeObserver {
 public:
  explicit BytesRead(Precision precision) : precision_(precision) {}

  void on_linear(const Positions& /*at*/, std::int64_t inner, std::int64_t columns) override {
    expected_ =
        precision_ == Precision::fp32 ? 4 * inner * columns : (columns + 7) / 8 * 8 * ((inner + 31) / 32) * (32 + 2);
  }
  void on_weights(std::int64_t bytes) override {
    EXPECT_EQ(bytes, expected_);
    ++products;
  }

  int products = 0;

 private:
  Precision precision_;
  std::int64_t expected_ = 0;
};

TEST(LinearKernel, ProductsTellWhatTheyRead) {
  const c10::InferenceMode inference;
  for (const Precision precision : {Precision::fp32, Precision::int8}) {
    Weights weights(7);
    weights.compute_in(precision);
    const LanguageModelConfig config{64, test::tiny_llama()};
    const LanguageModel model(config, weights);
    BytesRead observer(precision);
    const Positions at = causal_positions({5}, 5, torch::kCPU);
    model.hidden(model.embed(torch::arange(5).view({1, 5})), {at, nullptr, &observer});
    EXPECT_EQ(observer.products, 4 * config.transformer.layers);
  }
}

TEST(LinearKernel, AModelThatComputesInLessSaysNearlyTheSame) {
  const auto logits = [](Precision precision) {
    Weights trained(7);
    const LanguageModelConfig config{64, test::tiny_llama()};
    const LanguageModel model(config, trained);
    Weights weights(trained.tensors(), "tiny");
    weights.compute_in(precision);
    const LanguageModel same(config, weights);
    const Positions at = causal_positions({5}, 5, torch::kCPU);
    return same.logits(same.hidden(same.embed(torch::arange(5).view({1, 5})), {at}), {at});
  };
  const c10::InferenceMode inference;
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    if (precision == Precision::bf16 && !has_bf16_products()) continue;
    EXPECT_LT(relative_error(logits(precision), logits(Precision::fp32)), 0.05) << to_string(precision);
  }
}

}  // namespace
}  // namespace noema
