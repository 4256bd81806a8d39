#include "nn/equalize.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

/// A model one of whose columns is far larger than the others wherever a norm writes, and as far smaller in the
/// products that read it: what trained models are like.
TensorMap uneven_tensors(const LanguageModelConfig& config) {
  const torch::NoGradGuard no_grad;
  Weights weights(5);
  const LanguageModel model(config, weights);
  constexpr double kUneven = 100.0;
  for (const auto& [name, tensor] : weights.tensors()) {
    torch::Tensor changed = tensor;
    if (tensor.dim() > 1) changed.mul_(4.0);
    const bool reads_norm = name.ends_with("attention.qkv.weight") || name.ends_with("feed_forward.in.weight");
    if (name.ends_with("attention_norm.weight") || name.ends_with("feed_forward_norm.weight")) changed[3] *= kUneven;
    if (reads_norm) changed.select(1, 3).div_(kUneven);
  }
  return weights.tensors();
}

torch::Tensor logits_of(const LanguageModelConfig& config, const TensorMap& tensors, Precision precision) {
  const torch::NoGradGuard no_grad;
  Weights weights(tensors, "test");
  weights.compute_in(precision);
  Random random(2);
  return test::uncached_logits(LanguageModel(config, weights), test::random_ids(random, 12));
}

class EqualizeTest : public testing::TestWithParam<bool> {
 protected:
  /// The tensors before and after.
  std::pair<TensorMap, TensorMap> both() const {
    const TensorMap before = uneven_tensors(config_);
    TensorMap after = before;
    Random random(1);
    equalize(config_, after, torch::tensor(test::random_ids(random, 20)));
    return {before, after};
  }

  const LanguageModelConfig config_{test::kVocabulary, GetParam() ? test::tiny_gpt2() : test::tiny_llama()};
};
INSTANTIATE_TEST_SUITE_P(Styles, EqualizeTest, testing::Values(false, true),
                         [](const auto& instance) { return instance.param ? "gpt2" : "llama"; });

TEST_P(EqualizeTest, ComputesTheSameFunction) {
  const auto [before, after] = both();
  const torch::Tensor expected = logits_of(config_, before, Precision::fp32);
  const torch::Tensor found = logits_of(config_, after, Precision::fp32);
  EXPECT_LE(test::difference(found, expected), 1e-4 * expected.abs().max().item<double>());
  const std::string name = "layers.0.attention.qkv.weight";
  EXPECT_FALSE(torch::equal(before.at(name), after.at(name))) << "and what was given stays as it was";
}

TEST_P(EqualizeTest, EightBitsKeepMoreOfIt) {
  const auto [before, after] = both();
  const torch::Tensor expected = logits_of(config_, before, Precision::fp32);
  const auto error = [&](const TensorMap& tensors) {
    return (logits_of(config_, tensors, Precision::int8) - expected).square().mean().sqrt().item<double>();
  };
  EXPECT_LT(error(after), 0.7 * error(before));
}

}  // namespace
}  // namespace noema
