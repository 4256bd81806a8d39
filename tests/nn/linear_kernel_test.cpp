#include "nn/linear_kernel.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

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

TEST(LinearKernel, WeightsOfUnequalSizesAreScaledByColumn) {
  torch::manual_seed(3);
  Products p;
  p.weight[5] *= 1000.0;
  const torch::Tensor expected = at::linear(p.x, p.weight);
  const torch::Tensor found = (*make_linear_kernel(Precision::int8, p.weight, {}))(p.x);
  EXPECT_LT(relative_error(found.narrow(1, 6, 80), expected.narrow(1, 6, 80)), 0.012);
}

TEST(LinearKernel, AProcessorWithoutBf16IsTold) {
  if (has_bf16_products()) GTEST_SKIP() << "this one has it";
  EXPECT_THROW(make_linear_kernel(Precision::bf16, torch::ones({8, 16}), {}), Error);
  EXPECT_EQ(fastest_precision(), Precision::fp32);
}

TEST(LinearKernel, NoRowsGiveNoRows) {
  const auto kernel = make_linear_kernel(Precision::int8, torch::randn({8, 16}), {});
  EXPECT_EQ((*kernel)(torch::zeros({0, 16})).sizes(), (std::vector<std::int64_t>{0, 8}));
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
