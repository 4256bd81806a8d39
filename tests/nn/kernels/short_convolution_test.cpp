#include "nn/kernels/short_convolution.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

torch::Tensor noise(const std::vector<std::int64_t>& shape) {
  return at::normal(0.0, 1.0, shape, at::detail::createCPUGenerator(5));
}

/// By the definition, tap by tap, in double.
torch::Tensor plain(const torch::Tensor& x, const torch::Tensor& weight) {
  const std::int64_t before = weight.size(0) - 1, tokens = x.size(1) - before;
  torch::Tensor y = x.narrow(1, before, tokens);
  for (std::int64_t j = 0; j <= before; ++j) y = y + weight[j] * x.narrow(1, before - j, tokens);
  return y;
}

TEST(ShortConvolution, IsTheFormulaAndSoAreItsGradients) {
  for (const std::int64_t taps : {1, 2, 4}) {
    const torch::Tensor x = noise({3, taps - 1 + 5, 7}).requires_grad_(), w = noise({taps, 1, 7}).requires_grad_();
    const torch::Tensor x64 = x.detach().to(torch::kFloat64).requires_grad_();
    const torch::Tensor w64 = w.detach().to(torch::kFloat64).requires_grad_();
    const torch::Tensor y = short_convolution(x, w), y64 = plain(x64, w64);
    EXPECT_LE(test::difference(y, y64), 1e-5);
    const torch::Tensor slopes = noise({3, 5, 7});  // unequal, so that a mixed-up place shows
    (y * slopes).sum().backward();
    (y64 * slopes).sum().backward();
    EXPECT_LE(test::difference(x.grad(), x64.grad()), 1e-5);
    EXPECT_LE(test::difference(w.grad(), w64.grad()), 1e-4);
  }
}

TEST(ShortConvolution, OtherTypesGoToTheLibrary) {
  const torch::Tensor x = noise({2, 6, 4}), w = noise({3, 1, 4});
  EXPECT_LE(test::difference(short_convolution(x.to(torch::kFloat64), w.to(torch::kFloat64)), short_convolution(x, w)),
            1e-5);
}

TEST(ShortConvolution, NewTapsAreZeroSoThatAModelBeginsWithoutThem) {
  Weights weights(3);
  const LanguageModel with({test::kVocabulary, test::tiny_convolution()}, weights);
  EXPECT_EQ(weights.tensors().at("layers.0.attention.convolution.weight").abs().sum().item<double>(), 0.0);
}

}  // namespace
}  // namespace noema
