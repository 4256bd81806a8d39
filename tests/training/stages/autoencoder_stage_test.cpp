#include "training/stages/autoencoder_stage.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "support/tiny_bundle.h"

namespace noema {
namespace {

class AutoencoderStageTest : public testing::Test {
 protected:
  AutoencoderStageTest()
      : semantic_(AutoencoderConfig(config(), "semantic"), semantic_weights_),
        contextual_(AutoencoderConfig(config()), contextual_weights_) {
    for (Weights* weights : {&semantic_weights_, &contextual_weights_}) {
      for (const auto& [name, tensor] : weights->tensors()) torch::Tensor(tensor).requires_grad_();
    }
  }

  LanguageModelConfig config() const { return {tokenizer_->vocab_size(), tiny_transformer()}; }

  LossTerm term(const AutoencoderOptions& options, const std::string& name) const {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const auto objective = make_autoencoder_objective(contextual_, &semantic_, options);
    const LossTerms terms = objective->loss(batch_, generator);
    const auto found = std::find_if(terms.begin(), terms.end(), [&](const auto& one) { return one.name == name; });
    return found == terms.end() ? LossTerm{} : *found;
  }

  std::unique_ptr<Tokenizer> tokenizer_ = train_tokenizer(tiny_corpus(), {.vocab_size = 420});
  Weights semantic_weights_{2}, contextual_weights_{3};
  Autoencoder semantic_, contextual_;
  ReasoningBatch batch_ = make_batch(tiny_reasonings(*tokenizer_));
};

TEST_F(AutoencoderStageTest, AlignsWithTheSemanticEmbeddingsOfTheSameSteps) {
  const LossTerm contrast = term({.contrast_weight = 0.5, .temperature = 0.2}, "contrast");
  const torch::Tensor z = contextual_.encoder().encode(batch_).mean, of_steps = semantic_.encoder().encode(batch_).mean;
  EXPECT_DOUBLE_EQ(contrast.weight, 0.5);
  EXPECT_NEAR(contrast.value.item<double>(), info_nce(z, of_steps, 0.2, batch_.text_numbers).item<double>(), 1e-5);
  const torch::Tensor shuffled = of_steps.roll(1, 0);
  EXPECT_GT(std::abs(contrast.value.item<double>() - info_nce(z, shuffled, 0.2, batch_.text_numbers).item<double>()),
            1e-3);
  EXPECT_FALSE(term({}, "contrast").value.defined());
}

TEST_F(AutoencoderStageTest, WhatItAlignsWithStaysAsItIs) {
  term({.contrast_weight = 0.5}, "contrast").value.backward();
  for (const auto& [name, tensor] : semantic_weights_.tensors()) EXPECT_FALSE(tensor.grad().defined()) << name;
  EXPECT_TRUE(contextual_weights_.tensors().at("layers.0.attention.qkv.weight").grad().defined());
}

}  // namespace
}  // namespace noema
