#include "nn/kernels/fused.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nn/kernels/attend_one.h"
#include "nn/kernels/linear_product.h"
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

/// Rotary positions by complex numbers: a head's halves are the real and the imaginary parts.
torch::Tensor plain_rotate(const torch::Tensor& x, const torch::Tensor& index, const torch::Tensor& angle) {
  const auto halves = x.to(torch::kFloat64).transpose(1, 2).chunk(2, -1);
  const torch::Tensor turn = torch::polar(torch::ones_like(angle), angle).index_select(0, index.flatten());
  const torch::Tensor y = torch::complex(halves[0], halves[1]) * turn.view({index.size(0), 1, index.size(1), -1});
  return torch::cat({torch::real(y), torch::imag(y)}, -1);
}

TEST(Fused, RotationIsThatOfComplexNumbers) {
  const torch::Tensor angle = random({20, 4}).to(torch::kFloat64);
  const torch::Tensor cosine = angle.cos().to(torch::kFloat32), sine = angle.sin().to(torch::kFloat32);
  const torch::Tensor shared = torch::tensor({{3, 0, 19, 7, 7}}),
                      own = torch::tensor({{1, 2, 3, 4, 5}, {9, 8, 7, 6, 5}});
  for (const torch::Tensor& index : {shared, own}) {
    // Heads within a wider row, as queries and keys stand before values.
    const torch::Tensor wide = random({2, 5, 6, 8}).requires_grad_();
    const torch::Tensor x = wide.narrow(2, 1, 3);
    const torch::Tensor y = rotate(x, index, cosine, sine);
    ASSERT_EQ(y.sizes(), (std::vector<std::int64_t>{2, 3, 5, 8}));
    EXPECT_LE(relative(y, plain_rotate(x, index, angle)), 1e-6);
    const torch::Tensor slope = random({2, 3, 5, 8});
    const auto gradient = torch::autograd::grad({(y * slope).sum()}, {wide})[0];
    const auto expected = torch::autograd::grad({(plain_rotate(x, index, angle) * slope).sum()}, {wide})[0];
    EXPECT_LE(relative(gradient, expected), 1e-6);
  }
}

TEST(Fused, FewRowsAreMultipliedAsTheLibraryDoes) {
  for (const auto& [columns, inner] : {std::pair<std::int64_t, std::int64_t>{1, 1}, {7, 33}, {300, 160}, {1001, 577}}) {
    const torch::Tensor weight = random({columns, inner});
    for (const std::int64_t rows : {1, 3, 4, 7, 8, 9}) {
      const torch::Tensor x = random({rows, 1, inner});
      for (const torch::Tensor& bias : {torch::Tensor(), random({columns})}) {
        const torch::Tensor found = linear_product(x, weight, bias);
        ASSERT_EQ(found.sizes(), (std::vector<std::int64_t>{rows, 1, columns}));
        EXPECT_LE(relative(found, at::linear(x, weight, bias)), 1e-5) << rows << " x " << columns << " x " << inner;
      }
    }
  }
}

TEST(Fused, ARowThatIsLearntFromHasGradients) {
  const torch::Tensor weight = random({7, 33}).requires_grad_(), x = random({1, 33});
  linear_product(x, weight, {}).sum().backward();
  EXPECT_LE(relative(weight.grad(), x.expand({7, 33})), 1e-6);
}

TEST(Fused, OneQueryAttendsAsTheLibraryDoes) {
  const torch::Tensor queries = random({3, 4, 1, 8}), slots = random({2, 3, 2, 20, 8}, 2.0);
  const torch::Tensor keys = slots[0].narrow(2, 0, 13), values = slots[1].narrow(2, 0, 13);  // of a longer cache
  torch::Tensor mask = torch::ones({3, 1, 1, 13}, torch::kBool);
  mask[1].narrow(-1, 0, 5).fill_(false);
  mask[2].narrow(-1, 4, 3).fill_(false);
  for (const torch::Tensor& seen : {torch::Tensor(), mask}) {
    const std::optional<torch::Tensor> given = seen.defined() ? std::optional(seen) : std::nullopt;
    const torch::Tensor expected =
        at::scaled_dot_product_attention(queries, keys, values, given, 0.0, false, std::nullopt, true);
    const torch::Tensor found = attend_one(queries, keys, values, seen);
    EXPECT_LE(relative(found, expected.transpose(1, 2).reshape({3, 1, 32})), 1e-5);
  }
  // Padding is passed by: the same bits without it.
  const torch::Tensor padded =
      attend_one(queries.narrow(0, 1, 1), keys.narrow(0, 1, 1), values.narrow(0, 1, 1), mask[1]);
  const torch::Tensor alone = attend_one(queries.narrow(0, 1, 1), keys.narrow(0, 1, 1).narrow(2, 5, 8),
                                         values.narrow(0, 1, 1).narrow(2, 5, 8), {});
  EXPECT_TRUE(torch::equal(padded, alone));
}

}  // namespace
}  // namespace noema
