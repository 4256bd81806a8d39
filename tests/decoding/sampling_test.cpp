#include "decoding/sampling.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <limits>
#include <map>

#include "base/error.h"

namespace noema {
namespace {

/// How often each token is drawn from one row of logits.
std::map<TokenId, int> draws(const torch::Tensor& logits, const SamplingOptions& options, int count) {
  Random random(7);
  Random* row[] = {&random};
  std::map<TokenId, int> counts;
  for (int i = 0; i < count; ++i) ++counts[choose_tokens(logits, options, row).front().id];
  return counts;
}

const torch::Tensor kLogits = torch::tensor({{0.5, 0.3, 0.15, 0.05}}).log();

TEST(Sampling, GreedyTakesTheMostProbableAndReportsWhatTheModelThinks) {
  Random random(1);
  Random* row[] = {&random};
  const TokenChoice choice = choose_tokens(kLogits, {}, row).front();
  EXPECT_EQ(choice.id, 0);
  EXPECT_NEAR(choice.probability, 0.5, 1e-6);
  EXPECT_NEAR(choice.entropy,
              -(0.5 * std::log(0.5) + 0.3 * std::log(0.3) + 0.15 * std::log(0.15) + 0.05 * std::log(0.05)), 1e-5);
}

TEST(Sampling, FollowsTheDistributionAtTemperatureOne) {
  SamplingOptions options;
  options.temperature = 1.0;
  const auto counts = draws(kLogits, options, 20000);
  EXPECT_NEAR(counts.at(0) / 20000.0, 0.5, 0.02);
  EXPECT_NEAR(counts.at(1) / 20000.0, 0.3, 0.02);
  EXPECT_NEAR(counts.at(3) / 20000.0, 0.05, 0.01);
}

TEST(Sampling, TopKAndTopPLeaveOutTheImprobable) {
  SamplingOptions options;
  options.temperature = 1.0;
  options.top_k = 2;
  EXPECT_EQ(draws(kLogits, options, 2000).size(), 2u);
  options.top_k = 0;
  options.top_p = 0.5;
  EXPECT_EQ(draws(kLogits, options, 2000).size(), 1u);
  options.top_p = 0.8;
  EXPECT_EQ(draws(kLogits, options, 2000).size(), 2u);
}

TEST(Sampling, ARowDrawsFromItsOwnRandomsAlone) {
  SamplingOptions options;
  options.temperature = 1.0;
  Random a(1), b(2), again(2);
  Random* both[] = {&a, &b};
  Random* one[] = {&again};
  const torch::Tensor two = kLogits.repeat({2, 1});
  for (int i = 0; i < 50; ++i) {
    EXPECT_EQ(choose_tokens(two, options, both)[1].id, choose_tokens(kLogits, options, one)[0].id);
  }
}

TEST(Sampling, RefusesSenselessOptions) {
  SamplingOptions options;
  options.temperature = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(draws(kLogits, options, 1), Error);
  options = {};
  options.top_p = 0.0;
  EXPECT_THROW(draws(kLogits, options, 1), Error);
}

}  // namespace
}  // namespace noema
