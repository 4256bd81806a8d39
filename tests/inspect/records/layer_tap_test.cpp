#include "inspect/records/layer_tap.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "inspect/watched_run.h"

namespace noema {
namespace {

class LayerTapTest : public testing::TestWithParam<std::string> {
 protected:
  const Bundle bundle_ = tiny_bundle();
};
INSTANTIATE_TEST_SUITE_P(Modes, LayerTapTest, testing::Values("continuous", "discretized", "hybrid"),
                         [](const auto& instance) { return instance.param; });

TEST_P(LayerTapTest, TheLastLayerGivesTheConceptOfEveryStepAtEveryBatchSize) {
  for (const std::int64_t batch : {1, 4}) {
    LayerTap tap;
    const auto recorded =
        watched_run(bundle_, GetParam(), watched_options(), &tap, {.read_steps = true, .batch = batch});
    for (std::size_t question = 0; question < recorded.size(); ++question) {
      const auto& steps = recorded[question].trajectory.steps;
      ASSERT_EQ(steps.size(), 3u);
      for (std::size_t step = 0; step < steps.size(); ++step) {
        const LayerOutputs* outputs = tap.find(question, step);
        ASSERT_NE(outputs, nullptr);
        ASSERT_EQ(outputs->hidden.sizes(), (std::vector<std::int64_t>{2, 32}));
        EXPECT_FALSE(outputs->attention.defined());
        const torch::Tensor z = bundle_.concepts->concepts_at_layer(outputs->hidden).embedding[1];
        EXPECT_TRUE(torch::allclose(z, steps[step].concept_, 1e-4, 1e-4)) << question << ", " << step;
      }
    }
  }
}

TEST_P(LayerTapTest, AttentionIsOverTheQuestionAndTheSentencesSoFarAndSumsToOne) {
  LayerTap tap(true);
  const auto recorded = watched_run(bundle_, GetParam(), watched_options(), &tap);
  for (std::size_t question = 0; question < recorded.size(); ++question) {
    const auto length =
        static_cast<std::int64_t>(bundle_.tokenize_question(recorded[question].trajectory.question).size());
    for (std::int64_t step = 0; step < 3; ++step) {
      const torch::Tensor attention = tap.find(question, static_cast<std::size_t>(step))->attention;  // [L,H,K]
      ASSERT_EQ(attention.sizes(), (std::vector<std::int64_t>{2, 4, length + step}));
      EXPECT_TRUE(torch::allclose(attention.sum(-1), torch::ones({2, 4}), 1e-4, 1e-4));
    }
  }
}

TEST_P(LayerTapTest, WatchingChangesNoBit) {
  LayerTap tap(true);
  const auto watched = watched_run(bundle_, GetParam(), watched_options(), &tap);
  const auto alone = watched_run(bundle_, GetParam(), watched_options());
  for (std::size_t question = 0; question < alone.size(); ++question) {
    for (std::size_t step = 0; step < 3; ++step) {
      const Step &a = alone[question].trajectory.steps[step], &b = watched[question].trajectory.steps[step];
      EXPECT_EQ(a.text, b.text);
      EXPECT_TRUE(torch::equal(a.concept_, b.concept_));
    }
  }
}

TEST(LayerTap, KeepsNothingOfOtherModesNorAfterClearing) {
  const Bundle bundle = tiny_bundle();
  LayerTap tap;
  watched_run(bundle, "chain", watched_options(), &tap);
  EXPECT_EQ(tap.find(0, 0), nullptr);
  watched_run(bundle, "continuous", watched_options(), &tap);
  EXPECT_NE(tap.find(0, 0), nullptr);
  tap.clear();
  EXPECT_EQ(tap.find(0, 0), nullptr);
}

}  // namespace
}  // namespace noema
