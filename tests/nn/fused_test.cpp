#include "nn/fused.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

constexpr double kEpsilon = 1e-5;

torch::Tensor plain_rms_norm(const torch::Tensor& x, const torch::Tensor& weight) {
  return x / (x.square().mean(-1, true) + kEpsilon).sqrt() * weight;
}

torch::Tensor plain_swiglu(const torch::Tensor& x) {
  const auto halves = x.chunk(2, -1);
  return halves[0] * torch::sigmoid(halves[0]) * halves[1];
}

torch::Tensor random(const std::vector<std::int64_t>& shape, double scale = 1.0) {
  return at::normal(0.0, scale, shape, at::detail::createCPUGenerator(3));
}

/// The largest difference as a share of the largest number expected.
double relative(const torch::Tensor& found, const torch::Tensor& expected) {
  return test::difference(found, expected) / (expected.abs().max().item<double>() + 1e-30);
}

const std::vector<std::vector<std::int64_t>> kShapes = {{1, 2}, {3, 16}, {2, 5, 34}, {300, 160}, {4, 0, 8}};

TEST(Fused, RmsNormIsTheFormula) {
  for (const auto& shape : kShapes) {
    const torch::Tensor x = random(shape, 3.0), weight = random({shape.back()}) + 1.0;
    const torch::Tensor y = rms_norm(x, weight, kEpsilon);
    ASSERT_EQ(y.sizes(), x.sizes());
    if (x.numel() > 0) EXPECT_LE(relative(y, plain_rms_norm(x.to(torch::kFloat64), weight)), 1e-6);
  }
}

TEST(Fused, SwigluIsTheFormula) {
  for (const auto& shape : kShapes) {
    const torch::Tensor x = random(shape, 3.0);
    const torch::Tensor y = swiglu(x);
    ASSERT_EQ(y.size(-1), x.size(-1) / 2);
    if (x.numel() > 0) EXPECT_LE(relative(y, plain_swiglu(x.to(torch::kFloat64))), 1e-6);
  }
}

TEST(Fused, GradientsAreThoseOfTheFormula) {
  for (const auto& shape : kShapes) {
    if (shape[1] == 0) continue;
    const torch::Tensor x = random(shape, 2.0).requires_grad_(),
                        weight = (random({shape.back()}) + 1.0).requires_grad_();
    const torch::Tensor x64 = x.detach().to(torch::kFloat64).requires_grad_();
    const torch::Tensor weight64 = weight.detach().to(torch::kFloat64).requires_grad_();
    // Unequal gradients from above: a sum alone would hide a mixed-up row.
    const auto backward = [](const torch::Tensor& y) {
      (y * torch::linspace(-1.0, 2.0, y.numel(), y.options().requires_grad(false)).view(y.sizes())).sum().backward();
    };
    backward(rms_norm(x, weight, kEpsilon) + rms_norm(x, weight, kEpsilon).square());
    const torch::Tensor y64 = plain_rms_norm(x64, weight64);
    backward(y64 + y64.square());
    EXPECT_LE(relative(x.grad(), x64.grad()), 1e-5);
    EXPECT_LE(relative(weight.grad(), weight64.grad()), 1e-5);

    x.mutable_grad().zero_();
    x64.mutable_grad().zero_();
    backward(swiglu(x));
    backward(plain_swiglu(x64));
    EXPECT_LE(relative(x.grad(), x64.grad()), 1e-5);
  }
}

TEST(Fused, TakesTensorsThatAreNotContiguous) {
  const torch::Tensor x = random({6, 5, 16}).transpose(0, 1), weight = random({32}).slice(0, 0, 32, 2);
  EXPECT_LE(relative(rms_norm(x, weight, kEpsilon), plain_rms_norm(x, weight)), 1e-6);
  EXPECT_LE(relative(swiglu(x), plain_swiglu(x)), 1e-6);
  const torch::Tensor sliced = random({4, 40}).narrow(1, 3, 16);
  EXPECT_LE(relative(rms_norm(sliced, weight, kEpsilon), plain_rms_norm(sliced, weight)), 1e-6);
  EXPECT_LE(relative(swiglu(sliced), plain_swiglu(sliced)), 1e-6);
}

TEST(Fused, WorksInBfloat16AndDouble) {
  for (const auto& [dtype, tolerance] : {std::pair{torch::kBFloat16, 8e-3}, {torch::kFloat64, 1e-12}}) {
    const torch::Tensor x = random({7, 48}).to(dtype), weight = random({48}).to(dtype);
    const torch::Tensor normed = rms_norm(x, weight, kEpsilon), gated = swiglu(x);
    EXPECT_EQ(normed.dtype(), dtype);
    EXPECT_EQ(gated.dtype(), dtype);
    const torch::Tensor x64 = x.to(torch::kFloat64);
    EXPECT_LE(relative(normed, plain_rms_norm(x64, weight.to(torch::kFloat64))), tolerance);
    EXPECT_LE(relative(gated, plain_swiglu(x64)), tolerance);
  }
}

// What training in bf16 computes: the weights stay fp32.
TEST(Fused, TakesBfloat16WithFp32Weights) {
  const torch::Tensor x = random({70, 48}).to(torch::kBFloat16).requires_grad_();
  const torch::Tensor weight = (random({48}) + 1.0).requires_grad_();
  const torch::Tensor x64 = x.detach().to(torch::kFloat64).requires_grad_();
  const torch::Tensor weight64 = weight.detach().to(torch::kFloat64).requires_grad_();
  const torch::Tensor y = rms_norm(x, weight, kEpsilon), y64 = plain_rms_norm(x64, weight64);
  EXPECT_EQ(y.dtype(), torch::kBFloat16);
  EXPECT_LE(relative(y, y64), 8e-3);
  const torch::Tensor slope = random({70, 48}).to(torch::kBFloat16);
  y.backward(slope);
  y64.backward(slope.to(torch::kFloat64));
  EXPECT_EQ(x.grad().dtype(), torch::kBFloat16);
  EXPECT_EQ(weight.grad().dtype(), torch::kFloat32);
  EXPECT_LE(relative(x.grad(), x64.grad()), 8e-3);
  EXPECT_LE(relative(weight.grad(), weight64.grad()), 1e-5);
}

TEST(Fused, LargeAndSmallNumbersStayFinite) {
  for (const double scale : {0.0, 1e-20, 1e3, 1e8}) {
    const torch::Tensor x = random({4, 16}, 1.0) * scale, weight = torch::ones({16});
    EXPECT_TRUE(rms_norm(x, weight, kEpsilon).isfinite().all().item<bool>()) << scale;
    const torch::Tensor gated = swiglu(x);
    EXPECT_TRUE(gated.isfinite().all().item<bool>()) << scale;
    EXPECT_LE(relative(gated, plain_swiglu(x.to(torch::kFloat64))), 1e-6) << scale;
  }
}

}  // namespace
}  // namespace noema
