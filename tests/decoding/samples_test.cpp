#include <gtest/gtest.h>

#include "base/error.h"
#include "decoding/reasoning.h"
#include "decoding/vote.h"

namespace noema {
namespace {

ReasoningOptions drawing() {
  ReasoningOptions options = short_options();
  options.sampling.temperature = 1.0;
  options.latent_temperature = 0.5;
  return options;
}

class Samples : public testing::TestWithParam<const char*> {
 protected:
  std::vector<std::string> sampled(std::int64_t samples, std::int64_t batch) const {
    const RunOptions run{.read_steps = true, .batch = batch, .samples = samples, .seed = 3};
    return texts(reason(bundle_, GetParam(), drawing(), run));
  }

  const Bundle bundle_ = tiny_bundle();
};

INSTANTIATE_TEST_SUITE_P(Modes, Samples, testing::Values("direct", "chain", "continuous", "discretized", "hybrid"),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(Samples, OfASeedAreTheSameInEveryBatch) {
  const auto expected = sampled(3, 1);
  EXPECT_EQ(sampled(3, 4), expected);
  EXPECT_EQ(sampled(3, 100), expected);
}

TEST_P(Samples, BeginWithTheOneThatIsDrawnAlone) {
  const RunOptions alone{.read_steps = true, .seed = 3}, several{.read_steps = true, .samples = 3, .seed = 3};
  const auto one = reason(bundle_, GetParam(), drawing(), alone), all = reason(bundle_, GetParam(), drawing(), several);
  ASSERT_EQ(all.size(), one.size() * 3);
  int others = 0;
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(texts({all[i * 3]}), texts({one[i]}));
    EXPECT_EQ(all[i * 3 + 2].question, one[i].question);
    others += texts({all[i * 3 + 1]}) != texts({one[i]});
  }
  EXPECT_GT(others, 0);
}

TEST_P(Samples, OfOneQuestionReadItOnce) {
  const std::string mode = GetParam();
  if (mode == "discretized" || mode == "hybrid") GTEST_SKIP() << "their encoder reads it for each";
  const RunOptions run{.batch = 100, .samples = 4, .count_flops = true};
  const auto trajectories = reason(bundle_, mode, drawing(), run);
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    EXPECT_EQ(trajectories[i].cost.prefill_flops > 0.0, i % 4 == 0) << i;
  }
}

TEST(Sampling, SeveralGreedySamplesAreRefused) {
  EXPECT_THROW(reason(tiny_bundle(), "chain", short_options(), {.samples = 2}), Error);
  EXPECT_THROW(reason(tiny_bundle(), "chain", short_options(), {.samples = 0}), Error);
}

TEST(Vote, IsWonByTheAnswerOfMostSamplesTheEarlierOneOfEquals) {
  using Answers = std::vector<std::optional<std::string>>;
  const auto won = [](const Answers& answers) {
    const Vote result = vote(answers);
    return std::pair(result.sample, result.votes);
  };
  EXPECT_EQ(won({"4", "5.", "5", std::nullopt}), std::pair(std::optional<std::size_t>(1), std::size_t{2}));
  EXPECT_EQ(won({"4", "5"}), std::pair(std::optional<std::size_t>(0), std::size_t{1}));
  EXPECT_EQ(won({std::nullopt, std::nullopt}), std::pair(std::optional<std::size_t>(), std::size_t{0}));
}

}  // namespace
}  // namespace noema
