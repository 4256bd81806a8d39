#include "training/stages/concept_stage.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/tiny_bundle.h"

namespace noema {
namespace {

class ConceptTwins : public testing::Test {
 protected:
  /// The loss on two texts, the first of which ends with `answer`.
  double loss(std::optional<std::int64_t> twin_from, const std::string& answer, double rollouts = 0.0) const {
    const auto tokens = [&](const char* text) { return bundle_.tokenizer->encode(text + std::string("\n")); };
    TokenizedReasoning first{tokens("Tom took the ball to the park. Where is the ball?"),
                             {tokens("Ann took it."), tokens("Tom has the ball in the park."), tokens(answer.c_str())}};
    TokenizedReasoning twin{tokens("Tom took the ball to the attic. Where is the ball?"),
                            {tokens("Ann took it."), tokens("Tom has the ball in the attic."), tokens("### attic")}};
    std::vector<TokenizedGroup> groups = {{first}};
    if (twin_from) {
      groups.front().twin = {twin, *twin_from};
    } else {
      groups.push_back({twin});
    }
    const auto& autoencoder = *bundle_.autoencoders.at("contextual");
    ConceptOptions options;
    options.rollouts = rollouts;
    const auto objective = make_concept_objective(*bundle_.concepts, autoencoder, autoencoder, options);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return total(objective->loss(make_batch(std::move(groups)), generator)).item<double>();
  }

  const Bundle bundle_ = tiny_bundle();
};

TEST_F(ConceptTwins, AnAnswerIsNeverExchanged) { EXPECT_EQ(loss(2, "### park"), loss({}, "### park")); }

TEST_F(ConceptTwins, WhatFollowsFromTheTwinsStepIsPredicted) {
  for (const double rollouts : {0.0, 1.0}) {
    const auto ends_with = [&](std::optional<std::int64_t> twin_from, const char* answer) {
      return loss(twin_from, answer, rollouts);
    };
    EXPECT_NE(ends_with({}, "### park"), ends_with({}, "### kitchen")) << "alone, a text's own answer is learnt";
    EXPECT_EQ(ends_with(1, "### park"), ends_with(1, "### kitchen")) << "joined, the twin's is";
    EXPECT_NE(ends_with(1, "### park"), ends_with({}, "### park"));
  }
}

/// How strongly a layer of a new concept model, counted from 0, is told to change.
class ConceptGradients : public testing::Test {
 protected:
  double gradient(const ConceptOptions& options, std::int64_t layer) const {
    const auto& autoencoder = *bundle_.autoencoders.at("contextual");
    std::vector<TokenizedReasoning> examples = tiny_reasonings(*bundle_.tokenizer);
    examples.front().hints = {{1, {5}, {1.0}}};
    Weights weights(9);
    const ConceptModel model(bundle_.concepts->config(), weights);
    for (const auto& [name, tensor] : weights.tensors()) torch::Tensor(tensor).requires_grad_();
    const auto objective = make_concept_objective(model, autoencoder, autoencoder, options);
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    total(objective->loss(make_batch(examples), generator)).backward();
    const torch::Tensor found =
        weights.tensors().at("backbone.layers." + std::to_string(layer) + ".attention.qkv.weight").grad();
    return found.defined() ? found.abs().sum().item<double>() : 0.0;
  }

  const Bundle bundle_ = tiny_bundle();
};

TEST_F(ConceptGradients, EarlyExitLearnsFromTheLayerBeforeTheLast) {
  EXPECT_GT(gradient({.early_exit = 0.0}, 1), 0.0);
  EXPECT_EQ(gradient({.early_exit = 1.0}, 1), 0.0);
  EXPECT_GT(gradient({.early_exit = 1.0}, 0), 0.0);
}

TEST_F(ConceptGradients, HintsAreLearntAfterTheLayerThatIsNamed) {
  const auto hinted = [&](double weight, std::int64_t after, std::int64_t layer) {
    return gradient({.hint_weight = weight, .hint_layer = after}, layer);
  };
  EXPECT_NE(hinted(1.0, 1, 0), hinted(0.0, 1, 0));
  EXPECT_EQ(hinted(1.0, 1, 1), hinted(0.0, 1, 1)) << "the layer after it has nothing to do with them";
  EXPECT_NE(hinted(1.0, 2, 1), hinted(0.0, 2, 1));
}

}  // namespace
}  // namespace noema
