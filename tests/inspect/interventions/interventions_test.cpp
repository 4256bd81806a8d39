#include "inspect/interventions/interventions.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"

namespace noema {
namespace {

/// Three rows that belong to questions 4, 0 and 7.
class Interventions : public testing::Test {
 protected:
  torch::Tensor feed(Intervention& intervention, std::size_t step = 0) {
    const std::vector<std::size_t> steps(questions_.size(), step);
    return feed(intervention, steps);
  }
  torch::Tensor feed(Intervention& intervention, const std::vector<std::size_t>& steps) {
    return intervention.on_fed_back(inputs_, {questions_, pointers_, steps});
  }
  Concept predict(Intervention& intervention, std::size_t step = 0) {
    const std::vector<std::size_t> steps(questions_.size(), step);
    return intervention.on_predicted({inputs_, inputs_}, {questions_, pointers_, steps});
  }

  torch::Tensor inputs_ = torch::arange(1, 13, torch::kFloat32).view({3, 4});
  std::vector<std::size_t> questions_ = {4, 0, 7};
  std::vector<Random> randoms_ = {Random(1), Random(2), Random(3)};
  std::vector<Random*> pointers_ = {&randoms_[0], &randoms_[1], &randoms_[2]};
};

TEST_F(Interventions, ZeroConstantAndShuffleReplaceWhatIsFedBack) {
  EXPECT_EQ(feed(*make_zero()).abs().sum().item<double>(), 0.0);
  EXPECT_TRUE(torch::equal(feed(*make_constant(inputs_[2])), inputs_[2].expand({3, 4})));
  EXPECT_TRUE(torch::equal(feed(*make_shuffle()), inputs_.roll(1, 0)));
  EXPECT_TRUE(torch::equal(predict(*make_zero()).embedding, inputs_));
}

TEST_F(Interventions, ARandomDirectionKeepsTheNorm) {
  const torch::Tensor random = feed(*make_random_direction());
  EXPECT_TRUE(torch::allclose(random.norm(2, 1), inputs_.norm(2, 1), 1e-4));
  EXPECT_FALSE(torch::allclose(random, inputs_, 0.1, 0.1));
}

TEST_F(Interventions, NoiseComesAtItsPlaceAsOftenAsAsked) {
  EXPECT_TRUE(torch::equal(feed(*make_noise(NoisePlace::written, 1.0)), inputs_));
  EXPECT_FALSE(torch::equal(predict(*make_noise(NoisePlace::written, 1.0)).embedding, inputs_));
  EXPECT_TRUE(torch::equal(feed(*make_noise(NoisePlace::fed_back, 1.0, 0.0)), inputs_));
  const auto half = make_noise(NoisePlace::fed_back, 0.5, 0.5);
  int hit = 0;
  for (int i = 0; i < 200; ++i) {
    hit += static_cast<int>((feed(*half) - inputs_).abs().sum(1).gt(0).sum().item<std::int64_t>());
  }
  EXPECT_NEAR(hit, 300, 60);
}

TEST_F(Interventions, NoiseIsAsLargeAsAskedInRelationToTheLatent) {
  const auto noise = make_noise(NoisePlace::fed_back, 0.5);
  torch::Tensor squares = torch::zeros({3});
  for (int i = 0; i < 500; ++i) squares += (feed(*noise) - inputs_).square().sum(1) / 500.0;
  EXPECT_TRUE(torch::allclose(squares.sqrt(), 0.5 * inputs_.norm(2, 1), 0.1)) << squares;
}

TEST_F(Interventions, ReplacementsAreOneQuestionsOwn) {
  std::vector<std::optional<PlacedConcept>> by_question(8);
  by_question[7] = {1, {torch::full({4}, 9.0F), torch::full({4}, 8.0F)}};
  const auto replacements = make_replacements(by_question);
  EXPECT_TRUE(torch::equal(predict(*replacements, 0).embedding, inputs_)) << "another step";
  const Concept changed = predict(*replacements, 1);
  EXPECT_TRUE(torch::equal(changed.embedding.narrow(0, 0, 2), inputs_.narrow(0, 0, 2)));
  EXPECT_TRUE(torch::equal(changed.embedding[2], torch::full({4}, 9.0F)));
  EXPECT_TRUE(torch::equal(changed.input[2], torch::full({4}, 8.0F)));
  EXPECT_TRUE(torch::equal(inputs_, torch::arange(1, 13, torch::kFloat32).view({3, 4}))) << "observed rows are left";
}

TEST_F(Interventions, FreezeRemembersByQuestionWhenRowsLeave) {
  const auto freeze = make_freeze(1);
  EXPECT_TRUE(torch::equal(feed(*freeze, 0), inputs_));
  EXPECT_TRUE(torch::equal(feed(*freeze, 1), inputs_));
  const torch::Tensor first = inputs_.clone();
  questions_ = {7, 4};
  pointers_.pop_back();
  inputs_ = torch::zeros({2, 4});
  EXPECT_TRUE(torch::equal(feed(*freeze, 2), torch::stack({first[2], first[0]})));
}

TEST_F(Interventions, OnlyTheStepIsChanged) {
  const auto at = make_only_at(2, make_zero());
  EXPECT_TRUE(torch::equal(feed(*at, 1), inputs_));
  EXPECT_EQ(feed(*at, 2).abs().sum().item<double>(), 0.0);
  const auto replaced = make_replacement(1, {torch::ones({4}), torch::zeros({4})});
  EXPECT_TRUE(torch::equal(predict(*replaced, 0).embedding, inputs_));
  EXPECT_TRUE(torch::equal(predict(*replaced, 1).embedding, torch::ones({3, 4})));
  EXPECT_EQ(predict(*replaced, 1).input.sum().item<double>(), 0.0);
}

TEST_F(Interventions, RowsAtOtherStepsAreTreatedByTheirOwn) {
  const auto at = make_only_at(2, make_zero());
  const torch::Tensor changed = feed(*at, {1, 2, 0});
  EXPECT_TRUE(torch::equal(changed[0], inputs_[0]));
  EXPECT_EQ(changed[1].abs().sum().item<double>(), 0.0);
  EXPECT_TRUE(torch::equal(changed[2], inputs_[2]));
  const torch::Tensor shuffled = feed(*make_shuffle(), {3, 1, 3});
  EXPECT_TRUE(torch::equal(shuffled[2], inputs_[0])) << "of the two at the same step";
  EXPECT_TRUE(torch::equal(shuffled[0], inputs_[1]));
  EXPECT_TRUE(torch::equal(shuffled[1], inputs_[2]));
  const auto freeze = make_freeze(1);
  feed(*freeze, {1, 0, 1});
  const torch::Tensor before = inputs_.clone();
  inputs_ = torch::zeros({3, 4});
  EXPECT_TRUE(torch::equal(feed(*freeze, {2, 1, 2}), torch::stack({before[0], inputs_[1], before[2]})));
}

TEST_F(Interventions, TheMeanIsOfAllThatWasFedBack) {
  FeedbackMean mean;
  EXPECT_THROW(mean.mean(), Error);
  EXPECT_TRUE(torch::equal(feed(mean), inputs_));
  EXPECT_TRUE(torch::equal(feed(mean), inputs_));
  EXPECT_TRUE(torch::allclose(mean.mean(), inputs_.mean(0)));
}

}  // namespace
}  // namespace noema
