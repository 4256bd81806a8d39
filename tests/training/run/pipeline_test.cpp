#include "training/run/pipeline.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle.h"
#include "concept_lm/bundle_folder.h"
#include "nn/formats/safetensors.h"
#include "tests/training/run/run_options.h"
#include "training/run/estimate.h"

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
rollouts = 0.5
readout_weight = 0.5
early_exit = 0.5
twins = 0.5
validate_every = 3
[stop]
steps = 4
batch = 8
validate_every = 2
[familiarity]
steps = 2
batch = 8
refused = 0.25
examples = 5
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

/// The message of the Error that the action ends with.
std::string complaint_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

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
  EXPECT_TRUE(bundle.chain && bundle.concepts && bundle.stop && bundle.familiarity);
  EXPECT_EQ(bundle.familiarity->config().examples.size(), 5u);
  EXPECT_GT(bundle.familiarity->config().most, 0.0);
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
  // The bundle was written after the last stage: its contextual part must still be what that stage ended with.
  const auto finished = read_safetensors(folder_ / "whole/run/contextual.safetensors").tensors;
  const auto bundled = BundleFolder(folder_ / "whole/bundle").part("contextual").tensors;
  for (const auto& [name, tensor] : finished) {
    EXPECT_TRUE(torch::equal(tensor.to(torch::kBFloat16), bundled.at(name))) << name;
  }
}

/// kRecipe with some of its lines changed.
Recipe changed(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::string text = kRecipe;
  for (const auto& [from, to] : changes) text.replace(text.find(from), from.size(), to);
  return parse_recipe(text, "tiny");
}

TEST_F(PipelineTest, ARunGoesOnWithTheRecipeThatItBeganWithAlone) {
  TrainingProgress nobody;
  std::atomic<bool> flag{false};
  Interrupter interrupter(flag, {{"contextual", 2}});
  ASSERT_FALSE(run_recipe(parse_recipe(kRecipe, "tiny"), options("run", &flag), interrupter));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "run/bundle"));  // nothing before the last stage

  const auto complaint = [&](const std::string& change) {
    return complaint_of([&] { run_recipe(parse_recipe(kRecipe, "tiny", {change}), options("run"), nobody); });
  };
  EXPECT_NE(complaint("chain.steps=13").find("chain.steps = 13"), std::string::npos) << complaint("chain.steps=13");
  EXPECT_NE(complaint("chain.steps=13").find("chain.steps = 12"), std::string::npos);
  EXPECT_NE(complaint("seed=6").find("seed = 6"), std::string::npos);
  EXPECT_NE(complaint("contextual.readout_weight=0.1").find("contextual.checkpoint"), std::string::npos);
  EXPECT_EQ(complaint("concept.steps=5"), "no error");  // has not begun
}

TEST_F(PipelineTest, ARunDoesNotGoOnWhereADefaultHasChanged) {
  TrainingProgress nobody;
  std::atomic<bool> flag{false};
  Interrupter interrupter(flag, {{"contextual", 2}});
  Recipe recipe = parse_recipe(kRecipe, "tiny");
  ASSERT_FALSE(run_recipe(recipe, options("run", &flag), interrupter));
  for (auto& [stage, lines] : recipe.settings) {  // as a program says whose default is another
    const std::size_t at = lines.find(stage + ".batch = 8\n");
    ASSERT_NE(at, std::string::npos) << lines;
    lines.replace(at, stage.size() + 10, stage + ".batch = 9");
  }
  const std::string complaint = complaint_of([&] { run_recipe(recipe, options("run"), nobody); });
  EXPECT_NE(complaint.find("chain.batch = 9"), std::string::npos) << complaint;
  EXPECT_NE(complaint.find("chain.batch = 8"), std::string::npos) << complaint;
}

TEST_F(PipelineTest, ARunGoesOnInThePrecisionThatItBeganIn) {
  class Starts final : public TrainingProgress {
   public:
    void on_stage(const std::string&, const std::string& what) override {
      if (what.starts_with("starts, in ")) precisions.insert(what.substr(11));
    }
    std::set<std::string> precisions;
  } progress;
  const Recipe recipe = parse_recipe(kRecipe, "tiny", {"semantic.steps=0", "contextual.contrast_weight=0"});
  write_file(folder_ / "run/run/precision", "bf16");
  PipelineOptions options = this->options("run");
  EXPECT_NE(complaint_of([&] { run_recipe(recipe, options, progress); }).find("found bf16"), std::string::npos)
      << "--bf16 off is not what it began with";
  options.trainer.bf16 = Autocast::automatic;
  ASSERT_TRUE(run_recipe(recipe, options, progress));
  EXPECT_EQ(progress.precisions, std::set<std::string>{"bf16"}) << "no timing decides it anew";
}

TEST_F(PipelineTest, StagesOfNoStepsKeepWhatTheRunStartsFrom) {
  TrainingProgress nobody;
  ASSERT_TRUE(run_recipe(parse_recipe(kRecipe, "tiny"), options("whole"), nobody));
  PipelineOptions stop_alone = options("stop");
  stop_alone.start = folder_ / "whole/bundle";
  const std::vector<std::string> changes = {"chain.steps=0",   "semantic.steps=0",    "contextual.steps=0",
                                            "concept.steps=0", "familiarity.steps=0", "seed=7"};
  const Recipe recipe = parse_recipe(kRecipe, "tiny", changes);
  EXPECT_EQ(estimate(recipe, stop_alone.start).stages.size(), 1u);
  ASSERT_TRUE(run_recipe(recipe, stop_alone, nobody));
  EXPECT_EQ(load_bundle(folder_ / "stop/bundle").familiarity->config().examples.size(), 5u);
  for (const char* part : {"chain", "semantic", "contextual", "concept", "familiarity"}) {
    const std::string file = std::string(part) + ".safetensors";
    EXPECT_EQ(sha256_file(folder_ / "whole/bundle" / file), sha256_file(folder_ / "stop/bundle" / file)) << part;
  }
  EXPECT_NE(sha256_file(folder_ / "whole/bundle/stop.safetensors"),
            sha256_file(folder_ / "stop/bundle/stop.safetensors"));

  const Recipe deeper = changed({{"layers = 1", "layers = 2"}, {"[chain]\nsteps = 12", "[chain]\nsteps = 0"}});
  PipelineOptions other = options("other");
  other.start = stop_alone.start;
  EXPECT_NE(complaint_of([&] { run_recipe(deeper, other, nobody); }).find("layers.1."), std::string::npos);
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

TEST_F(PipelineTest, ContradictionsShowBeforeAnythingIsTrained) {
  class NoSteps final : public TrainingProgress {
    void on_step(const StepReport& report) override { FAIL() << report.stage; }
  } no_steps;
  const auto complaint = [&](const std::vector<std::string>& changes) {
    const Recipe recipe = parse_recipe(kRecipe, "tiny", changes);
    const std::string foreseen = complaint_of([&] { estimate(recipe); });
    EXPECT_EQ(complaint_of([&] { run_recipe(recipe, options("none"), no_steps); }), foreseen);
    return foreseen;
  };
  EXPECT_NE(complaint({"semantic.steps=0"}).find("[contextual] contrast_weight"), std::string::npos);
  EXPECT_NE(complaint({"contextual.steps=0"}).find("[concept] reads"), std::string::npos);
  EXPECT_NE(complaint({"concept.steps=0"}).find("a stage [concept]"), std::string::npos);
  EXPECT_NE(complaint({"contextual.readout_weight=0"}).find("[concept] readout_weight"), std::string::npos);
  EXPECT_NE(complaint({"concept.layers=2", "concept.hint_layer=3"}).find("[concept] hint_layer"), std::string::npos);
  EXPECT_NE(complaint({"concept.hint_weight=1"}).find("early_exit"), std::string::npos);
  EXPECT_NE(complaint({"model.max_positions=250"}).find("[data] max_tokens"), std::string::npos);
}

TEST_F(PipelineTest, HintsOfATaskWithoutThemAreAnError) {
  const Recipe recipe = changed({{"[chain]\n", "[chain]\nhint_weight = 0.3\n"}});
  TrainingProgress nobody;
  EXPECT_NE(complaint_of([&] { run_recipe(recipe, options("none"), nobody); }).find("[chain] hint_weight"),
            std::string::npos);
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
