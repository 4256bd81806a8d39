#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/separate_device.h"
#include "training/recipe.h"

namespace noema {
namespace {

/// Every term of every loss.
const char* const kRecipe = R"(
name = "device"
task = "stories"
out = "unused"
[model]
layers = 2
width = 16
heads = 2
convolution = 3
max_positions = 64
[chain]
steps = 1
question_weight = 0.5
hint_weight = 0.5
[semantic]
steps = 1
bottleneck = "gaussian"
readout_weight = 0.5
prefix_dropout = 0.2
[contextual]
steps = 1
contrast_weight = 0.5
readout_weight = 0.5
chain_weight = 0.5
hint_weight = 0.5
prefix_dropout = 0.2
[concept]
steps = 1
dropout = 0.2
rollouts = 0.5
readout_weight = 0.5
hint_weight = 0.5
hint_layer = 1
early_exit = 0.5
twins = 1.0
[stop]
steps = 1
)";

/// Three texts, of which the second is the twin of the first.
ReasoningBatch some_reasonings() {
  TokenizedReasoning first{{3, 4, 5, 6, 1}, {{7, 8, 1}, {9, 10, 1}, {11, 1}}};
  first.hints = {{2, {7, 9}, {3.0, 1.0}}};
  const TokenizedReasoning second{{3, 4, 12, 1}, {{7, 8, 1}, {13, 10, 1}, {14, 1}}};
  const TokenizedReasoning third{{15, 1}, {{16, 17, 18, 19, 20, 21, 22, 23, 24, 1}, {11, 1}}};
  TokenizedGroup group{first};
  group.twin = TokenizedGroup::Twin{second, 0};
  group.siblings = {{{3, 4, 5, 20, 1}, {{21, 1}, {22, 23, 1}}}};
  return make_batch({group, {third}}, 8);
}

struct Learnt {
  std::map<std::string, double> terms;
  std::vector<torch::Tensor> gradients;
  Counts counts;
};

Learnt learn(Stage& stage, const ReasoningBatch& batch, std::uint64_t seed) {
  const ReasoningMicroBatch micro_batch(batch);
  std::vector<torch::Tensor> parameters;
  for (auto& [name, tensor] : stage.parameters()) parameters.push_back(tensor.requires_grad_());
  at::Generator generator = at::detail::createCPUGenerator(seed);
  const LossTerms terms = stage.objective->loss(micro_batch, generator);
  Learnt learnt;
  for (const LossTerm& term : terms) learnt.terms[term.name] = term.value.item<double>();
  learnt.gradients = torch::autograd::grad({total(terms)}, parameters, {}, {}, false, /*allow_unused=*/true);
  const torch::NoGradGuard no_grad;
  learnt.counts = stage.objective->measure(micro_batch);
  return learnt;
}

void expect_same(const Learnt& found, const Learnt& expected, torch::Device device) {
  ASSERT_EQ(found.terms.size(), expected.terms.size());
  for (const auto& [name, value] : expected.terms) EXPECT_NEAR(found.terms.at(name), value, 1e-3) << name;
  EXPECT_EQ(found.counts, expected.counts);
  for (std::size_t i = 0; i < expected.gradients.size(); ++i) {
    ASSERT_EQ(found.gradients[i].defined(), expected.gradients[i].defined()) << i;
    if (!expected.gradients[i].defined()) continue;
    EXPECT_EQ(found.gradients[i].device(), device);
    EXPECT_TRUE(torch::allclose(found.gradients[i].cpu(), expected.gradients[i], 1e-2, 1e-4)) << i;
  }
}

class StagesOnADevice : public testing::TestWithParam<std::vector<std::string>> {};

INSTANTIATE_TEST_SUITE_P(Kinds, StagesOnADevice,
                         testing::Values(std::vector<std::string>{},
                                         std::vector<std::string>{"concept.head=regression"},
                                         std::vector<std::string>{"model.style=gpt2", "model.convolution=0"}));

/// Losses, gradients and measures are those of the processor, and what is made on the way is made where the weights
/// are: nothing of it would fail on a GPU.
TEST_P(StagesOnADevice, LearnWhatTheyLearnOnTheProcessor) {
  const SeparateDevice device(torch::kFloat32);
  const Recipe recipe = parse_recipe(kRecipe, "device", GetParam());
  const StageSetting setting{{32, recipe.model.transformer()}};
  const ReasoningBatch batch = some_reasonings(), moved = batch.to(device.device());
  Parts here(1, std::nullopt, nullptr), there(1, std::nullopt, nullptr, true, device.device());
  for (const Choice<StageKind>& kind : recipe.stages) {
    SCOPED_TRACE(kind->name());
    if (kind->training.steps == 0) continue;
    Stage expected = kind->build(setting, here, {}), found = kind->build(setting, there, {});
    for (const std::uint64_t seed : {1, 2, 3}) {
      expect_same(learn(found, moved, seed), learn(expected, batch, seed), device.device());
    }
    for (auto& [name, part] : expected.parts) here.add(name, std::move(part));
    for (auto& [name, part] : found.parts) there.add(name, std::move(part));
  }
}

}  // namespace
}  // namespace noema
