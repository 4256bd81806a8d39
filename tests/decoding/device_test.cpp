#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "decoding/reasoner.h"
#include "support/separate_device.h"

namespace noema {
namespace {

const std::string kModel = std::string(NOEMA_SOURCE_FOLDER) + "/models/stories";

const std::vector<std::string> kQuestions = {
    "Eva picked up the lamp in the attic. Eva went to the garden. Where is the lamp?",
    "Bob was in the kitchen. Bob went to the park. Where is Bob?",
    "Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?"};

std::vector<std::string> answers(const Bundle& bundle, const std::string& mode, const ReasoningOptions& options,
                                 const RunOptions& run = {}) {
  std::vector<std::string> all;
  for (const Trajectory& trajectory : Reasoner(bundle, *make_task("stories"), mode).run(kQuestions, options, run)) {
    for (const Step& step : trajectory.steps) all.push_back(step.text);
    all.push_back(trajectory.answer.value_or("none"));
  }
  return all;
}

/// Models, caches and strategies make what they need where the weights are: nothing of it would fail on a GPU.
class OnADevice : public testing::TestWithParam<std::string> {
 protected:
  const Bundle here_ = load_bundle(kModel);
  const Bundle there_ = load_bundle(kModel, Precision::fp32, std::make_shared<SeparateDevice>(torch::kFloat32));
};

INSTANTIATE_TEST_SUITE_P(Modes, OnADevice, testing::Values("direct", "chain", "continuous", "discretized", "hybrid"),
                         [](const auto& test) { return test.param; });

TEST_P(OnADevice, WritesTheSameTexts) {
  for (const StopRule stop : {StopRule::head, StopRule::oracle, StopRule::repetition}) {
    ReasoningOptions options;
    options.stop = {stop};
    RunOptions run;
    run.batch = 2;  // the third question enters where another has left
    options.max_steps = 10;
    run.read_steps = true;
    options.uncertainty_threshold = 0.01;
    EXPECT_EQ(answers(there_, GetParam(), options, run), answers(here_, GetParam(), options, run));
  }
}

TEST_P(OnADevice, WritesTheSameTextsStepByStep) {
  ReasoningOptions options;
  const RunOptions counting = {.count_flops = true};  // looks at every operation
  EXPECT_EQ(answers(there_, GetParam(), options, counting), answers(here_, GetParam(), options, counting));
  options.sampling.temperature = 0.5;
  options.latent_temperature = 0.1;
  EXPECT_EQ(answers(there_, GetParam(), options), answers(here_, GetParam(), options));
}

TEST_P(OnADevice, ReasonsInItsOwnType) {
  const Bundle bundle = load_bundle(kModel, std::nullopt, std::make_shared<SeparateDevice>(torch::kBFloat16));
  EXPECT_EQ(bundle.precision, Precision::bf16);
  ReasoningOptions options;
  options.uncertainty_threshold = 0.01;
  const auto texts = answers(bundle, GetParam(), options);
  EXPECT_EQ(std::count(texts.begin(), texts.end(), "none"), 0);
}

TEST(SeparateDevice, RefusesWhatOnlyTheProcessorHas) {
  EXPECT_THROW(load_bundle(kModel, Precision::int8, std::make_shared<SeparateDevice>(torch::kBFloat16)), Error);
}

TEST(SeparateDevice, TheTestsDeviceRefusesTensorsOfTheProcessor) {
  const SeparateDevice device(torch::kFloat32);
  const torch::Tensor there = torch::ones({2, 3}, torch::device(device.device()));
  EXPECT_EQ((there + there).cpu().sum().item<double>(), 12.0);
  EXPECT_ANY_THROW(there + torch::ones({2, 3}));
  EXPECT_ANY_THROW(there.index_select(0, torch::tensor({0, 1}, torch::kLong)));
}

}  // namespace
}  // namespace noema
