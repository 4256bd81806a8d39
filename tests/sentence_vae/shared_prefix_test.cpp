#include "sentence_vae/shared_prefix.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "sentence_vae/batch.h"

namespace noema {
namespace {

/// Three questions about one text, one about another, and two about a third.
std::vector<TokenizedGroup> siblings() {
  const TokenIds first = {3, 4, 5, 6, 7, 8}, second = {9, 8, 7}, third = {2, 3, 2, 3};
  const auto about = [](TokenIds text, const TokenIds& question, const TokenIds& step) {
    text.insert(text.end(), question.begin(), question.end());
    return TokenizedReasoning{std::move(text), {step, {12, 1}}};
  };
  return {{about(first, {10, 1}, {5, 6, 1}), {about(first, {11, 3, 1}, {7, 1}), about(first, {10, 4, 5, 1}, {6, 1})}},
          {about(second, {10, 1}, {9, 7, 1})},
          {about(third, {4, 1}, {5, 5, 5, 1}), {about(third, {6, 1}, {2, 1})}}};
}

std::vector<TokenizedReasoning> as_strangers() {
  std::vector<TokenizedReasoning> examples;
  for (const TokenizedGroup& group : siblings()) {
    examples.push_back(group.example);
    examples.insert(examples.end(), group.siblings.begin(), group.siblings.end());
  }
  return examples;
}

class SharedPrefixTest : public testing::Test {
 protected:
  SharedPrefixTest() : model_({14, config()}, weights_) {
    for (const auto& [name, tensor] : weights_.tensors()) {
      const torch::NoGradGuard no_grad;
      if (tensor.dim() > 1) torch::Tensor(tensor).mul_(8.0);
      if (tensor.dim() == 3) tensor.copy_(at::linspace(-1.0, 1.0, tensor.numel()).view(tensor.sizes()));  // taps: zero
    }
  }

  static TransformerConfig config() {
    TransformerConfig config = llama_style(2, 16, 4, 2, 24, 48);
    config.convolution = 3;
    return config;
  }

  /// States that predict the steps [N,D].
  torch::Tensor states(const ReasoningBatch& batch) const {
    return text_states(model_, batch).index_select(0, batch.places_before);
  }

  Weights weights_{1};
  LanguageModel model_;
};

TEST_F(SharedPrefixTest, WhatSiblingsShareIsReadOnce) {
  const ReasoningBatch batch = make_batch(siblings());
  EXPECT_EQ(batch.prefixes.texts.lengths, (std::vector<std::int64_t>{6, 4, 4}));
  EXPECT_EQ(batch.prefixes.of_row, (std::vector<std::int64_t>{0, 0, 0, 1, 2, 2}));
  EXPECT_EQ(batch.questions.lengths, (std::vector<std::int64_t>{2, 3, 4, 1, 2, 2}));
  EXPECT_EQ(make_batch(as_strangers()).prefixes.texts.count(), 0);
}

TEST_F(SharedPrefixTest, AModelThatReadsQuestionsWholeCannotShareThem) {
  TransformerConfig whole = config();
  whole.mask = TransformerConfig::Mask::prefix;
  Weights weights(1);
  const LanguageModel model({14, whole}, weights);
  EXPECT_THROW(text_states(model, make_batch(siblings())), Error);
  EXPECT_NO_THROW(text_states(model, make_batch(as_strangers())));
}

TEST_F(SharedPrefixTest, StatesAndGradientsAreThoseOfWholeTexts) {
  const auto gradients = [&](const torch::Tensor& hidden) {
    std::vector<torch::Tensor> parameters;
    for (const auto& [name, tensor] : weights_.tensors()) parameters.push_back(torch::Tensor(tensor).requires_grad_());
    return torch::autograd::grad({hidden.square().mul(at::arange(1, hidden.size(1) + 1)).sum()}, parameters, {}, {},
                                 false, true);
  };
  for (const auto& [name, tensor] : weights_.tensors()) torch::Tensor(tensor).requires_grad_();
  const torch::Tensor together = states(make_batch(siblings(), 8)), apart = states(make_batch(as_strangers(), 8));
  EXPECT_TRUE(torch::allclose(together, apart, 1e-4, 1e-5));
  const auto found = gradients(together), wanted = gradients(apart);
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (!wanted[i].defined()) continue;
    const double scale = wanted[i].abs().max().item<double>();
    EXPECT_LT((found[i] - wanted[i]).abs().max().item<double>(), 1e-4 * scale) << "parameter " << i;
  }
}

}  // namespace
}  // namespace noema
