#include "concept_lm/concept_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <numeric>

#include "concept_lm/rollout.h"
#include "concept_lm/stop_head.h"
#include "support/gradients.h"
#include "support/tiny_bundle.h"
#include "support/toy_head.h"

namespace noema {
namespace {

constexpr double kClose = 1e-5;

class ConceptModelTest : public testing::TestWithParam<TransformerConfig::Mask> {
 protected:
  torch::NoGradGuard no_grad_;
  Bundle bundle_ = tiny_bundle(false, "contextual", GetParam());
};

INSTANTIATE_TEST_SUITE_P(Masks, ConceptModelTest,
                         testing::Values(TransformerConfig::Mask::causal, TransformerConfig::Mask::prefix));

TEST_P(ConceptModelTest, TeacherForcingEqualsAppendingStepByStep) {
  const Bundle& bundle = bundle_;
  const ConceptModel& model = *bundle.concepts;
  auto reasonings = tiny_reasonings(*bundle.tokenizer);
  for (auto& reasoning : reasonings) reasoning.steps.resize(2);
  const ReasoningBatch batch = make_batch(reasonings, 8);
  const torch::Tensor inputs = model.inputs(bundle.reading().encoder().encode(batch).mean);
  const torch::Tensor forced = model.hidden(batch, inputs).view({-1, 2, inputs.size(1)});  // [B,2,D]
  std::vector<TokenIds> questions;
  for (const auto& reasoning : reasonings) questions.push_back(reasoning.question);
  ConceptStream stream = model.begin(pad(questions, Padding::left));
  EXPECT_TRUE(torch::allclose(stream.hidden(), forced.select(1, 0), kClose, kClose));
  stream.append(inputs.view({-1, 2, inputs.size(1)}).select(1, 0));
  EXPECT_TRUE(torch::allclose(stream.hidden(), forced.select(1, 1), kClose, kClose));
}

TEST_P(ConceptModelTest, ATrajectoryDoesNotDependOnTheRestOfTheBatch) {
  const Bundle& bundle = bundle_;
  const auto reasonings = tiny_reasonings(*bundle.tokenizer);
  const auto hidden = [&](const ReasoningBatch& batch) {
    return bundle.concepts->hidden(batch, bundle.concepts->inputs(bundle.reading().encoder().encode(batch).mean));
  };
  const torch::Tensor together = hidden(make_batch(reasonings));
  const torch::Tensor alone = hidden(make_batch({reasonings[0]}));
  EXPECT_TRUE(torch::allclose(alone, together.narrow(0, 0, alone.size(0)), kClose, kClose));
}

TEST_P(ConceptModelTest, ARolloutReadsItsOwnPredictions) {
  const ConceptModel& model = *bundle_.concepts;
  auto reasonings = tiny_reasonings(*bundle_.tokenizer);
  for (const bool siblings : {false, true}) {
    if (siblings && GetParam() == TransformerConfig::Mask::prefix) continue;
    std::vector<TokenizedGroup> groups;
    for (std::size_t i = 0; i < reasonings.size(); ++i) {
      if (siblings && i != 0 && i != 3) {
        groups.back().siblings.push_back(reasonings[i]);
      } else {
        groups.push_back({reasonings[i]});
      }
    }
    const ReasoningBatch batch = make_batch(groups, 8);
    const Concept own = model.rollout(batch);
    const Concept forced = model.predict(batch, own.input);
    EXPECT_TRUE(torch::allclose(own.embedding, forced.embedding, 1e-4, 1e-4)) << siblings;
    EXPECT_TRUE(torch::allclose(own.input, forced.input, 1e-4, 1e-4)) << siblings;
  }
}

TEST_P(ConceptModelTest, ARolloutGoesOnFromAnExchangedStep) {
  const ConceptModel& model = *bundle_.concepts;
  const auto reasonings = tiny_reasonings(*bundle_.tokenizer);
  const ReasoningBatch batch = make_batch({reasonings[0], reasonings[0], reasonings[1]}, 8);
  const std::int64_t count = batch.step_counts[0], other = 2 * count;
  ASSERT_GT(count, 1);
  std::vector<std::int64_t> with(static_cast<std::size_t>(batch.steps_count()));
  std::iota(with.begin(), with.end(), 0);
  with[0] = other;
  const torch::Tensor plain = model.rollout(batch).input;
  for (const double share : {0.5, 1.0}) {
    const torch::Tensor read = model.rollout(batch, {with, share}).input;
    EXPECT_TRUE(torch::allclose(read[0], (1 - share) * plain[0] + share * plain[other], 1e-5, 1e-5)) << share;
    const torch::Tensor own = read.slice(0, 0, count);
    const torch::Tensor forced = model.predict(make_batch({reasonings[0]}, 8), own).input;
    EXPECT_TRUE(torch::allclose(own.slice(0, 1), forced.slice(0, 1), 1e-4, 1e-4)) << share;
    EXPECT_FALSE(torch::allclose(read[1], plain[1], 1e-4, 1e-4)) << share;
    EXPECT_TRUE(torch::equal(read.slice(0, count), plain.slice(0, count))) << "the others go on as they would";
  }
}

TEST_P(ConceptModelTest, AHeadIsShownWhatWasReadBeforeWhetherTheModelReadsItselfOrIsTold) {
  const auto model = with_toy_head(bundle_.concepts->config().model, false);
  const ReasoningBatch batch = make_batch(tiny_reasonings(*bundle_.tokenizer), 8);
  const Concept own = model->rollout(batch);
  const Concept forced = model->predict(batch, own.input);
  EXPECT_TRUE(torch::allclose(own.embedding, forced.embedding, 1e-4, 1e-4));
  const torch::Tensor hidden = model->hidden(batch, own.input);
  EXPECT_TRUE(torch::allclose(own.embedding[0], hidden[0], 1e-4, 1e-4)) << "nothing stands before a first sentence";
  EXPECT_FALSE(torch::allclose(own.embedding[1], hidden[1], 1e-2, 1e-2));
}

TEST_P(ConceptModelTest, WhatAHeadDrawsInARolloutBelongsToTheTextAndTheSeed) {
  const auto model = with_toy_head(bundle_.concepts->config().model, true);
  const auto reasonings = tiny_reasonings(*bundle_.tokenizer);
  const auto embeddings = [&](const std::vector<TokenizedReasoning>& some, std::uint64_t seed) {
    return model->rollout(make_batch(some, 8), {}, seed).embedding;
  };
  const torch::Tensor together = embeddings(reasonings, 3);
  const torch::Tensor fewer = embeddings({reasonings[0], reasonings[1]}, 3);
  EXPECT_TRUE(torch::allclose(fewer, together.slice(0, 0, fewer.size(0)), 1e-4, 1e-4));
  EXPECT_TRUE(torch::equal(together, embeddings(reasonings, 3)));
  EXPECT_FALSE(torch::allclose(together, embeddings(reasonings, 4), 1e-3, 1e-3));
}

TEST(Projection, StartsAsTheIdentityBetweenSpacesOfTheSameWidth) {
  Weights weights(1);
  const Projection same(WeightScope(weights, "same."), 8, 8), other(WeightScope(weights, "other."), 8, 4);
  const torch::Tensor x = torch::randn({3, 8});
  const Positions at = single_positions(3);
  EXPECT_TRUE(torch::equal(same(x, {at}), x));
  EXPECT_EQ(other(x, {at}).sizes(), (std::vector<std::int64_t>{3, 4}));
}

/// Everything a head's loss is made of, in double precision, small.
struct HeadCase {
  HeadCase() : weights(3, torch::kFloat64), autoencoder(config(), weights) {
    torch::manual_seed(5);
    hidden = torch::randn({3, 8}, torch::kFloat64);
    input = torch::randn({3, 8}, torch::kFloat64);
    embedding = torch::randn({3, 8}, torch::kFloat64);
    sentences = pad({{4, 5, 1}, {6, 1}, {7, 8, 1}});
  }

  static AutoencoderConfig config() { return AutoencoderConfig({12, llama_style(1, 8, 2, 2, 12, 16)}); }

  torch::Tensor loss(const ConceptHead& head) {
    at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    return total(
        head.loss({{hidden}, embedding, input, sentences, torch::arange(3), autoencoder.decoder(), 0.0, generator}));
  }

  Weights weights;
  Autoencoder autoencoder;
  torch::Tensor hidden, input, embedding;
  Sentences sentences;
};

TEST(DecodingHead, GradientsAgreeWithFiniteDifferences) {
  HeadCase c;
  Weights weights(4, torch::kFloat64);
  const Projection to_input(WeightScope(weights, "to_input."), 8, 8);
  const auto head = decoding_head_kind()->make({8, 8, to_input}, WeightScope(weights, "head."));
  std::vector<torch::Tensor> inputs = {c.hidden, c.input};
  for (const auto& [name, tensor] : weights.tensors()) {
    if (name.starts_with("head.")) inputs.push_back(tensor);
  }
  expect_right_gradients([&] { return c.loss(*head); }, inputs);
}

TEST(DecodingHead, DropsOutTheStateThatIsProjected) {
  HeadCase c;
  Weights weights(4, torch::kFloat64);
  const Projection to_input(WeightScope(weights, "to_input."), 8, 8);
  const auto head = decoding_head_kind()->make({8, 8, to_input}, WeightScope(weights, "head."));
  torch::Tensor(weights.tensors().at("head.out.weight")).normal_();  // no longer the identity
  at::Generator drawn = at::make_generator<at::CPUGeneratorImpl>(1), again = drawn.clone();
  const LossTerms terms = head->loss(
      {{c.hidden}, c.embedding, c.input, c.sentences, torch::arange(3), c.autoencoder.decoder(), 0.5, drawn});
  const torch::Tensor logits =
      c.autoencoder.decoder().logits(head->predict({dropout(c.hidden, 0.5, again)}).embedding, c.sentences);
  EXPECT_NEAR(terms.front().value.item<double>(), token_cross_entropy(logits, c.sentences.real_tokens()).item<double>(),
              1e-9);
}

TEST(RegressionHead, GradientsAgreeWithFiniteDifferencesAndItsInputIsTheProjectedConcept) {
  HeadCase c;
  Weights weights(4, torch::kFloat64);
  const Projection to_input(WeightScope(weights, "to_input."), 8, 8);
  const auto head = regression_head_kind()->make({8, 8, to_input}, WeightScope(weights, "head."));
  expect_right_gradients([&] { return c.loss(*head); }, {c.hidden});
  const Concept predicted = head->predict({c.hidden});
  EXPECT_TRUE(torch::equal(predicted.input, to_input(predicted.embedding, {single_positions(3)})));
}

TEST(EnergyHead, GradientsAgreeWithFiniteDifferencesAndDrawsBelongToTheirRows) {
  HeadCase c;
  Weights weights(4, torch::kFloat64);
  const Projection to_input(WeightScope(weights, "to_input."), 8, 8);
  const auto head = energy_head_kind()->make({8, 8, to_input}, WeightScope(weights, "head."));
  std::vector<torch::Tensor> inputs = {c.hidden};
  for (const auto& [name, tensor] : weights.tensors()) {
    if (name.starts_with("head.")) inputs.push_back(tensor);
  }
  expect_right_gradients([&] { return c.loss(*head); }, inputs);

  const torch::NoGradGuard no_grad;
  ASSERT_TRUE(head->needs().randoms);
  const RowRandoms all(7, 3), again(7, 3);
  const Concept together = head->predict({c.hidden, {}, all.pointers()});
  for (std::int64_t row = 0; row < 3; ++row) {
    const auto own = again.pointers().subspan(static_cast<std::size_t>(row), 1);
    const Concept alone = head->predict({c.hidden.narrow(0, row, 1), {}, own});
    EXPECT_TRUE(torch::allclose(alone.embedding[0], together.embedding[row]));
  }
  EXPECT_FALSE(torch::allclose(together.embedding, head->predict({c.hidden}).embedding));
}

TEST(StopHead, GradientsAgreeWithFiniteDifferences) {
  Weights weights(2, torch::kFloat64);
  const StopHead head(4, weights);
  const torch::Tensor z = torch::randn({3, 4}, torch::kFloat64);
  const torch::Tensor last = torch::tensor({1.0, 0.0, 1.0}, torch::kFloat64);
  expect_right_gradients([&] { return at::binary_cross_entropy_with_logits(head(z), last); }, {z});
}

TEST(Dropout, KeepsTheMeanAndFollowsItsGenerator) {
  const torch::Tensor x = torch::ones({1000, 10});
  at::Generator a = at::make_generator<at::CPUGeneratorImpl>(1), b = at::make_generator<at::CPUGeneratorImpl>(1);
  const torch::Tensor dropped = dropout(x, 0.2, a);
  EXPECT_NEAR(dropped.mean().item<double>(), 1.0, 0.02);
  EXPECT_NEAR((dropped == 0).to(torch::kFloat32).mean().item<double>(), 0.2, 0.02);
  EXPECT_TRUE(torch::equal(dropped, dropout(x, 0.2, b)));
  EXPECT_TRUE(torch::equal(dropout(x, 0.0, a), x));
}

}  // namespace
}  // namespace noema
