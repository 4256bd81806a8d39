#include "training/pipeline.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle.h"
#include "concept_lm/bundle_folder.h"
#include "nn/safetensors.h"
#include "run_options.h"
#include "training/estimate.h"

namespace noema {
namespace {

const char* const kRecipe = R"(
name = "tiny"
task = "stories"
seed = 5
out = "unused"
[data]
valid_count = 16
[tokenizer]
vocab_size = 500
examples = 200
[model]
layers = 1
width = 16
heads = 2
feed_forward = 32
[chain]
steps = 12
batch = 8
warmup = 2
validate_every = 5
[semantic]
steps = 6
batch = 8
validate_every = 3
[contextual]
steps = 6
batch = 8
contrast_weight = 0.5
readout_weight = 0.5
prefix_dropout = 0.2
chain_weight = 0.5
validate_every = 3
[concept]
steps = 6
batch = 8
dropout = 0.2
own_inputs = 0.5
readout_weight = 0.5
early_exit = 0.5
twins = 0.5
validate_every = 3
[stop]
steps = 4
batch = 8
validate_every = 2
)";

/// Interrupts training at given steps of given stages, once each.
class Interrupter final : public TrainingProgress {
 public:
  Interrupter(std::atomic<bool>& flag, std::set<std::pair<std::string, std::int64_t>> at)
      : flag_(flag), at_(std::move(at)) {}
  void on_step(const StepReport& report) override {
    if (at_.erase({report.stage, report.step}) > 0) flag_ = true;
  }

 private:
  std::atomic<bool>& flag_;
  std::set<std::pair<std::string, std::int64_t>> at_;
};

class PipelineTest : public testing::Test {
 protected:
  PipelineTest() : folder_(std::filesystem::temp_directory_path() / ("noema-pipeline-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
  }
  ~PipelineTest() override { std::filesystem::remove_all(folder_); }

  PipelineOptions options(const std::string& name, const std::atomic<bool>* flag = nullptr) const {
    return run_options(folder_ / name, flag);
  }

  std::filesystem::path folder_;
};

TEST_F(PipelineTest, AnInterruptedRunEndsWithTheSameBytesAsAnUninterruptedOne) {
  const Recipe recipe = parse_recipe(kRecipe, "tiny");
  TrainingProgress nobody;
  ASSERT_TRUE(run_recipe(recipe, options("whole"), nobody));

  std::atomic<bool> flag{false};
  Interrupter interrupter(flag, {{"chain", 7}, {"contextual", 2}, {"concept", 4}});
  int runs = 1;
  while (!run_recipe(recipe, options("broken", &flag), interrupter)) {
    flag = false;
    ++runs;
  }
  EXPECT_EQ(runs, 4);
  for (const char* part : {"chain", "semantic", "contextual", "concept", "stop"}) {
    const std::string file = std::string(part) + ".safetensors";
    EXPECT_EQ(sha256_file(folder_ / "whole/bundle" / file), sha256_file(folder_ / "broken/bundle" / file)) << part;
  }
}

TEST_F(PipelineTest, TheBundleLoadsAndAFinishedRunIsNotTrainedAgain) {
  const Recipe recipe = parse_recipe(kRecipe, "tiny");
  TrainingProgress nobody;
  ASSERT_TRUE(run_recipe(recipe, options("whole"), nobody));
  const Bundle bundle = load_bundle(folder_ / "whole/bundle");
  EXPECT_TRUE(bundle.chain && bundle.concepts && bundle.stop);
  EXPECT_EQ(bundle.autoencoders.size(), 2u);
  EXPECT_EQ(bundle.manifest["provenance"]["recipe"], kRecipe);

  class NoSteps final : public TrainingProgress {
    void on_step(const StepReport& report) override { FAIL() << report.stage; }
  } no_steps;
  EXPECT_TRUE(run_recipe(recipe, options("whole"), no_steps));
  const Bundle again = load_bundle(folder_ / "whole/bundle");
  EXPECT_EQ(again.manifest["provenance"]["validation"], bundle.manifest["provenance"]["validation"]);
  EXPECT_TRUE(again.manifest["provenance"]["validation"].contains("chain"));
}

TEST_F(PipelineTest, FrozenPartsAreNotChangedByLaterStages) {
  const Recipe recipe = parse_recipe(kRecipe, "tiny");
  TrainingProgress nobody;
  ASSERT_TRUE(run_recipe(recipe, options("whole"), nobody));
  // The bundle was written again after every stage: its contextual part must still be what that stage ended with.
  const auto finished = read_safetensors(folder_ / "whole/run/contextual.safetensors").tensors;
  const auto bundled = BundleFolder(folder_ / "whole/bundle").part("contextual").tensors;
  for (const auto& [name, tensor] : finished) {
    EXPECT_TRUE(torch::equal(tensor.to(torch::kBFloat16), bundled.at(name))) << name;
  }
}

TEST_F(PipelineTest, AContrastWithoutSemanticStageIsAnError) {
  std::string text = kRecipe;
  text.replace(text.find("[semantic]\nsteps = 6"), 20, "[semantic]\nsteps = 0");
  const Recipe recipe = parse_recipe(text, "tiny");
  TrainingProgress nobody;
  EXPECT_THROW(run_recipe(recipe, options("none"), nobody), Error);
}

/// kRecipe with some of its lines changed.
Recipe changed(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = kRecipe;
  for (const auto& [from, to] : changes) text.replace(text.find(from), from.size(), to);
  return parse_recipe(text, "tiny");
}

TEST_F(PipelineTest, AContextualStageWithTheChainsLossNeedsNoChainBefore) {
  const Recipe recipe = changed({{"[chain]\nsteps = 12", "[chain]\nsteps = 0"},
                                 {"[semantic]\nsteps = 6", "[semantic]\nsteps = 0"},
                                 {"contrast_weight = 0.5", "contrast_weight = 0.0"}});
  TrainingProgress nobody;
  ASSERT_TRUE(run_recipe(recipe, options("joint"), nobody));
  const Bundle bundle = load_bundle(folder_ / "joint/bundle");
  EXPECT_TRUE(bundle.chain && bundle.concepts && bundle.stop);
  EXPECT_TRUE(bundle.writing().readout());
  const auto beside_chain = read_safetensors(folder_ / "joint/bundle/contextual.safetensors").tensors;
  EXPECT_EQ(beside_chain.size(), 1u);
  EXPECT_TRUE(beside_chain.contains("readout.weight"));
}

TEST_F(PipelineTest, TheConceptModelMayHaveLayersOfItsOwn) {
  TrainingProgress nobody;
  ASSERT_TRUE(run_recipe(changed({{"[concept]\n", "[concept]\nlayers = 3\n"}}), options("deeper"), nobody));
  const Bundle bundle = load_bundle(folder_ / "deeper/bundle");
  EXPECT_EQ(bundle.concepts->layers(), 3);
  EXPECT_EQ(bundle.chain->config().transformer.layers, 1);

  PipelineOptions from_there = options("shallower");
  from_there.start = folder_ / "deeper/bundle";
  ASSERT_TRUE(run_recipe(changed({{"[concept]\n", "[concept]\nlayers = 2\n"}}), from_there, nobody));
  EXPECT_EQ(load_bundle(folder_ / "shallower/bundle").concepts->layers(), 2);
  EXPECT_FALSE(read_safetensors(folder_ / "shallower/bundle/concept.safetensors")
                   .tensors.contains("backbone.layers.2.attention.qkv.weight"));
}

TEST_F(PipelineTest, TheConceptModelMayHaveTheFirstLayersOfWhatItStartsFromAlone) {
  TrainingProgress nobody;
  const Recipe recipe =
      changed({{"[model]\nlayers = 1\n", "[model]\nlayers = 2\n"}, {"[concept]\n", "[concept]\nlayers = 1\n"}});
  ASSERT_TRUE(run_recipe(recipe, options("shallower"), nobody));
  const Bundle bundle = load_bundle(folder_ / "shallower/bundle");
  EXPECT_EQ(bundle.concepts->layers(), 1);
  EXPECT_EQ(bundle.chain->config().transformer.layers, 2);
}

TEST_F(PipelineTest, LayersThatThereAreNotAreAnError) {
  const Recipe recipe = changed({{"[concept]\n", "[concept]\nlayers = 2\n"}, {"[stop]\n", "hint_layer = 3\n[stop]\n"}});
  TrainingProgress nobody;
  EXPECT_THROW(run_recipe(recipe, options("none"), nobody), Error);
}

TEST_F(PipelineTest, AReadoutOfConceptsNeedsOneOfTheEmbeddings) {
  const Recipe recipe = changed({{"contrast_weight = 0.5\nreadout_weight = 0.5", "contrast_weight = 0.5"}});
  TrainingProgress nobody;
  EXPECT_THROW(run_recipe(recipe, options("none"), nobody), Error);
}

TEST_F(PipelineTest, HintsOfATaskWithoutThemAreAnError) {
  const Recipe recipe = changed({{"[chain]\n", "[chain]\nhint_weight = 0.3\n"}});
  TrainingProgress nobody;
  EXPECT_THROW(run_recipe(recipe, options("none"), nobody), Error);
}

TEST_F(PipelineTest, TheEstimateNamesEveryStageAndItsParameters) {
  const RecipeEstimate whole = estimate(parse_recipe(kRecipe, "tiny"));
  ASSERT_EQ(whole.stages.size(), 5u);
  EXPECT_GT(whole.stages[0].parameters, 500 * 16);
  EXPECT_GT(whole.stages[3].parameters, whole.stages[0].parameters);
  EXPECT_GT(whole.bundle_bytes, 0.0);
}

}  // namespace
}  // namespace noema
