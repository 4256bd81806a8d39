#include <gtest/gtest.h>
#include <torch/torch.h>

#include "decoding/reasoning.h"

namespace noema {
namespace {

/// The tiny bundle, to which questions are familiar up to this distance.
Bundle with_familiarity(double most) {
  Bundle bundle = tiny_bundle();
  const std::int64_t width = bundle.writing().latent_width();
  Weights weights(
      {{"mean", torch::zeros({width})}, {"whitening", torch::eye(width)}, {"examples", torch::ones({1, width})}},
      "test");
  bundle.familiarity = std::make_shared<const Familiarity>(
      FamiliarityConfig{.latent_width = width, .most = most, .examples = {"Where is Tom?"}}, weights);
  return bundle;
}

class FamiliarQuestions : public testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(LatentModes, FamiliarQuestions, testing::Values("continuous", "discretized", "hybrid"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(FamiliarQuestions, AreAnsweredAsWithoutTheMeasure) {
  const auto expected = texts(reason(tiny_bundle(), GetParam(), short_options()));
  ReasoningOptions options = short_options();
  const auto distant = reason(with_familiarity(0.0), GetParam(), options);
  EXPECT_EQ(texts(distant), expected);
  options.abstain = true;
  EXPECT_EQ(texts(reason(with_familiarity(1e6), GetParam(), options)), expected);
  for (const Trajectory& trajectory : distant) {
    EXPECT_NEAR(trajectory.familiarity->distance, trajectory.steps[0].concept_.square().mean().sqrt().item<double>(),
                1e-4);
    EXPECT_FALSE(trajectory.familiarity->is_familiar);
    EXPECT_EQ(trajectory.familiarity->nearest, "Where is Tom?");
  }
}

TEST_P(FamiliarQuestions, AloneAreReasonedAbout) {
  const auto distances = [&] {
    std::vector<double> all;
    for (const Trajectory& trajectory : reason(with_familiarity(0.0), GetParam(), short_options())) {
      all.push_back(trajectory.familiarity->distance);
    }
    return all;
  }();
  std::vector<double> sorted = distances;
  std::sort(sorted.begin(), sorted.end());
  const double most = (sorted[1] + sorted[2]) / 2.0;
  ReasoningOptions options = short_options();
  options.abstain = true;
  const auto trajectories = reason(with_familiarity(most), GetParam(), options);
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const bool is_familiar = distances[i] <= most;
    EXPECT_EQ(trajectories[i].stop == StopReason::unfamiliar, !is_familiar);
    EXPECT_EQ(trajectories[i].steps.empty(), !is_familiar);
    // Discretized mode has written the first sentence by then.
    if (!is_familiar && GetParam() != std::string("discretized")) EXPECT_EQ(trajectories[i].cost.tokens, 0);
  }
}

}  // namespace
}  // namespace noema
