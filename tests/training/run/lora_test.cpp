// Training by LoRA, from a recipe to a bundle.

#include "nn/model/lora.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <atomic>

#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle.h"
#include "nn/formats/safetensors.h"
#include "tests/training/run/run_options.h"
#include "tests/training/run/tiny_backbone.h"
#include "training/run/estimate.h"
#include "training/run/pipeline.h"

namespace noema {
namespace {

const char* const kStages = R"(
[lora]
rank = 2
alpha = 4
targets = ["attention.qkv", "feed_forward.out"]
[chain]
steps = 3
batch = 2
warmup = 1
learning_rate = 0.01
validate_every = 2
[semantic]
steps = 0
[contextual]
bottleneck = "gaussian"
latent_width = 8
steps = 3
batch = 2
warmup = 1
learning_rate = 0.01
readout_weight = 0.5
prefix_dropout = 0.2
validate_every = 2
[concept]
steps = 3
batch = 2
warmup = 1
learning_rate = 0.01
rollouts = 0.5
validate_every = 2
[stop]
steps = 2
batch = 2
validate_every = 2
)";

/// Asks for an interruption after every second step.
class SecondStepInterrupter final : public TrainingProgress {
 public:
  explicit SecondStepInterrupter(std::atomic<bool>& flag) : flag_(flag) {}
  void on_step(const StepReport& report) override { flag_ = report.step == 2; }

 private:
  std::atomic<bool>& flag_;
};

class LoraTrainingTest : public testing::Test {
 protected:
  LoraTrainingTest() : folder_(std::filesystem::temp_directory_path() / ("noema-lora-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    backbone_ = save_tiny_backbone(folder_ / "tiny-lm");
    recipe_ = parse_recipe(backbone_recipe(folder_ / "tiny-lm", kStages), "tiny");
  }
  ~LoraTrainingTest() override { std::filesystem::remove_all(folder_); }

  PipelineOptions options(const std::string& name, const std::atomic<bool>* flag = nullptr) const {
    return run_options(folder_ / name, flag);
  }

  static bool is_adapted(const std::string& name) {
    return name.ends_with("attention.qkv.weight") || name.ends_with("feed_forward.out.weight");
  }

  std::filesystem::path folder_;
  TensorMap backbone_;
  Recipe recipe_;
  TrainingProgress nobody_;
};

TEST_F(LoraTrainingTest, OnlyAdaptersAndNewPartsAreTrained) {
  ASSERT_TRUE(run_recipe(recipe_, options("whole"), nobody_));
  const auto begins_new = [](const std::string& name) {
    return name.starts_with("bottleneck.") || name.starts_with("readout.") || name.starts_with("to_input.") ||
           name.starts_with("head.");
  };
  for (const char* part : {"chain", "contextual", "concept"}) {
    const TensorMap trained = read_safetensors(folder_ / "whole/run" / (std::string(part) + ".safetensors")).tensors;
    std::size_t adapters = 0;
    for (const auto& [name, tensor] : trained) {
      const bool is_adapter = name.find(".lora.") != std::string::npos;
      EXPECT_TRUE(is_adapter || begins_new(name)) << part << ": " << name;
      adapters += is_adapter;
      if (name.ends_with("lora.b")) EXPECT_GT(tensor.abs().max().item<double>(), 0.0) << part << ": " << name;
    }
    EXPECT_EQ(adapters, 8u) << part;  // two of each of two maps in two layers
  }
}

TEST_F(LoraTrainingTest, TheBundleIsTheBackboneWithItsTargetsChanged) {
  ASSERT_TRUE(run_recipe(recipe_, options("whole"), nobody_));
  const BundleFolder bundle(folder_ / "whole/bundle");
  for (const auto& [part, prefix] : {std::pair{"chain", ""}, {"contextual", ""}, {"concept", "backbone."}}) {
    const TensorMap found = bundle.part(part).tensors;
    for (const auto& [name, tensor] : backbone_) {
      const torch::Tensor change = found.at(prefix + name).to(torch::kFloat32) - tensor.to(torch::kFloat32);
      EXPECT_EQ(change.abs().max().item<double>() > 0.0, is_adapted(name)) << part << ": " << name;
    }
  }
  EXPECT_EQ(sha256_file(folder_ / "whole/bundle/base.safetensors"), sha256_file(folder_ / "tiny-lm/chain.safetensors"));
  EXPECT_LT(std::filesystem::file_size(folder_ / "whole/bundle/chain.safetensors"),
            std::filesystem::file_size(folder_ / "whole/bundle/base.safetensors"));
  const Bundle loaded = load_bundle(folder_ / "whole/bundle");
  EXPECT_TRUE(loaded.chain && loaded.concepts && loaded.stop && loaded.writing().readout());
}

TEST_F(LoraTrainingTest, TheConceptModelHasTheBackbonesLayers) {
  for (const std::int64_t layers : {1, 3}) {
    const Recipe recipe = parse_recipe(backbone_recipe(folder_ / "tiny-lm", kStages), "tiny",
                                       {"concept.layers=" + std::to_string(layers)});
    EXPECT_THROW(run_recipe(recipe, options(std::to_string(layers)), nobody_), Error);
  }
}

TEST_F(LoraTrainingTest, AnInterruptedRunEndsWithTheSameBytesAsAnUninterruptedOne) {
  ASSERT_TRUE(run_recipe(recipe_, options("whole"), nobody_));
  std::atomic<bool> flag{false};
  SecondStepInterrupter interrupter(flag);
  int runs = 1;
  while (!run_recipe(recipe_, options("broken", &flag), interrupter)) {
    flag = false;
    ++runs;
  }
  EXPECT_EQ(runs, 4);
  for (const char* part : {"chain", "contextual", "concept", "stop"}) {
    const std::string file = std::string(part) + ".safetensors";
    EXPECT_EQ(sha256_file(folder_ / "whole/bundle" / file), sha256_file(folder_ / "broken/bundle" / file)) << part;
  }
}

TEST_F(LoraTrainingTest, TheEstimateTellsTrainedFromFrozenParameters) {
  const RecipeEstimate whole = estimate(recipe_);
  std::int64_t frozen = 0;
  for (const auto& [name, tensor] : backbone_) frozen += tensor.numel();
  ASSERT_EQ(whole.stages.size(), 4u);
  const TransformerConfig model = tiny_backbone_config().transformer;
  const std::int64_t qkv = 2 * model.width, adapter = 2 * (qkv + model.width) + 2 * (model.feed_forward + model.width);
  EXPECT_EQ(whole.stages[0].parameters, model.layers * adapter);
  EXPECT_EQ(whole.stages[0].frozen, frozen);
  EXPECT_EQ(whole.stages[2].frozen, frozen);
  EXPECT_EQ(whole.stages[3].frozen, 0);
}

}  // namespace
}  // namespace noema
