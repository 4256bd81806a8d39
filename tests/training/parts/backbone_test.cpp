#include "concept_lm/backbone.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "concept_lm/bundle.h"
#include "tests/training/run/run_options.h"
#include "tests/training/run/tiny_backbone.h"
#include "training/run/estimate.h"
#include "training/run/pipeline.h"

namespace noema {
namespace {

/// Stages that end where they start: the learning rate is 0.
const char* const kStill = R"(
[chain]
steps = 0
[semantic]
steps = 0
[contextual]
steps = 1
batch = 2
learning_rate = 0.0
[concept]
steps = 1
batch = 2
learning_rate = 0.0
start = "chain"
[stop]
steps = 0
)";

class BackboneTest : public testing::Test {
 protected:
  BackboneTest() : folder_(std::filesystem::temp_directory_path() / ("noema-backbone-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    tensors_ = save_tiny_backbone(folder_ / "tiny-lm");
  }
  ~BackboneTest() override { std::filesystem::remove_all(folder_); }

  PipelineOptions options() const { return run_options(folder_); }

  /// The message of the Error that a run ends with.
  std::string complaint(const std::string& recipe, const PipelineOptions& options) const {
    try {
      run_recipe(parse_recipe(recipe, "tiny"), options, nobody_);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  }

  /// Whether the backbone's weights stand in a part of the bundle, with `prefix` before their names.
  void expect_backbone_in(const std::string& part, const std::string& prefix) const {
    const TensorMap found = BundleFolder(folder_ / "bundle").part(part).tensors;
    for (const auto& [name, tensor] : tensors_) {
      ASSERT_TRUE(found.contains(prefix + name)) << name;
      EXPECT_TRUE(torch::equal(found.at(prefix + name), tensor)) << name;
    }
  }

  std::filesystem::path folder_;
  TensorMap tensors_;
  mutable TrainingProgress nobody_;
};

TEST_F(BackboneTest, IsReadWithItsShapeItsNameAndItsTokenizer) {
  const Backbone backbone = read_backbone(folder_ / "tiny-lm" / "");
  EXPECT_EQ(backbone.name, "tiny-lm");
  EXPECT_EQ(backbone.sha256, sha256_file(folder_ / "tiny-lm/chain.safetensors"));
  EXPECT_EQ(to_json(backbone.config), to_json(tiny_backbone_config()));
  EXPECT_EQ(backbone.tokenizer->encode("a b\n"), tiny_byte_tokenizer()->encode("a b\n"));
  for (const auto& [name, tensor] : tensors_) {
    EXPECT_TRUE(torch::equal(backbone.tensors.at(name), tensor.to(torch::kFloat32))) << name;
  }
}

TEST_F(BackboneTest, WeightsOfAnotherArchitectureAreAnError) {
  nlohmann::json manifest = read_json(folder_ / "tiny-lm/noema.json");
  manifest["parts"]["chain"]["architecture"]["layers"] = 3;
  add_digest(manifest);
  write_file(folder_ / "tiny-lm/noema.json", manifest.dump());
  EXPECT_THROW(read_backbone(folder_ / "tiny-lm"), Error);
  EXPECT_THROW(read_backbone(folder_ / "nothing"), Error);
}

TEST_F(BackboneTest, FirstLayersAreAModel) {
  const Backbone first = read_backbone(folder_ / "tiny-lm", {.layers = 1});
  EXPECT_EQ(first.config.transformer.layers, 1);
  for (const auto& [name, tensor] : tensors_) EXPECT_EQ(first.tensors.contains(name), !name.starts_with("layers.1"));
  EXPECT_THROW(read_backbone(folder_ / "tiny-lm", {.layers = 3}), Error);
}

TEST_F(BackboneTest, TheConceptModelMayHaveMoreOfItsLayers) {
  const std::string cut = "backbone_layers = 1\n";
  std::string stages = kStill;
  stages.replace(stages.find("start = \"chain\""), 15, "start = \"backbone\"\nlayers = 2");
  ASSERT_TRUE(run_recipe(parse_recipe(backbone_recipe(folder_ / "tiny-lm", cut + stages), "tiny"), options(), nobody_));
  expect_backbone_in("concept", "backbone.");
  EXPECT_FALSE(BundleFolder(folder_ / "bundle").part("contextual").tensors.contains("layers.1.attention.qkv.weight"));
  stages.replace(stages.find("layers = 2"), 10, "layers = 3");
  EXPECT_NE(complaint(backbone_recipe(folder_ / "tiny-lm", cut + stages), options()).find("at most the backbone's 2"),
            std::string::npos);
}

TEST_F(BackboneTest, FirstPiecesKeepTheirEmbeddings) {
  ByteLevelVocabulary vocabulary = stored_vocabulary(tiny_byte_tokenizer()->serialized(), "tiny");
  vocabulary.tokens.insert(vocabulary.tokens.begin(), "ab");  // the only one that is not a byte
  vocabulary.merges = {{"a", "b"}};
  LanguageModelConfig config = tiny_backbone_config();
  const std::int64_t bytes = config.vocab_size++;
  Weights weights(3);
  const LanguageModel model(config, weights);
  save_bundle(folder_ / "merged", "text", {{"seed", 3}}, *make_byte_level_tokenizer(vocabulary, "merged"),
              {{"chain", part_architecture(config, kLanguageModelPart), weights.tensors()}});
  const Backbone first = read_backbone(folder_ / "merged", {.pieces = bytes});
  EXPECT_EQ(first.config.vocab_size, bytes);
  EXPECT_EQ(first.tokenizer->encode("ab").size(), 2u);
  for (const char* name : {"embedding.weight", "unembedding.weight"}) {
    const torch::Tensor all = weights.tensors().at(name).to(torch::kBFloat16);
    EXPECT_TRUE(torch::equal(first.tensors.at(name), all.narrow(0, 1, bytes))) << name;
  }
  EXPECT_THROW(read_backbone(folder_ / "merged", {.pieces = bytes - 1}), Error);
}

TEST_F(BackboneTest, EmbeddingsStayUnlessTheyAreTrained) {
  std::string stages = kStill;
  stages.replace(stages.find("steps = 0"), 9, "steps = 2\nbatch = 2\nlearning_rate = 0.01");
  for (const bool trained : {false, true}) {
    std::filesystem::remove_all(folder_ / "run");
    const std::string key = trained ? "train_embeddings = true\n" : "";
    ASSERT_TRUE(
        run_recipe(parse_recipe(backbone_recipe(folder_ / "tiny-lm", key + stages), "tiny"), options(), nobody_));
    const TensorMap found = BundleFolder(folder_ / "bundle").part("chain").tensors;
    for (const char* name : {"embedding.weight", "unembedding.weight"}) {
      EXPECT_EQ(torch::equal(found.at(name), tensors_.at(name)), !trained) << name;
    }
    const char* const inner = "layers.0.attention.qkv.weight";
    EXPECT_FALSE(torch::equal(found.at(inner), tensors_.at(inner)));
  }
}

TEST_F(BackboneTest, StagesStartFromItWhereNoChainIsTrained) {
  const Recipe recipe = parse_recipe(backbone_recipe(folder_ / "tiny-lm", kStill), "tiny");
  ASSERT_TRUE(run_recipe(recipe, options(), nobody_));
  expect_backbone_in("contextual", "");
  expect_backbone_in("concept", "backbone.");
  const Bundle bundle = load_bundle(folder_ / "bundle");
  EXPECT_FALSE(bundle.concepts->config().model.tied);
  EXPECT_EQ(bundle.tokenizer->serialized(), tiny_byte_tokenizer()->serialized());
}

TEST_F(BackboneTest, TheChainStartsFromItAndTheOthersFromTheChain) {
  std::string stages = kStill;
  stages.replace(stages.find("steps = 0"), 9, "steps = 2\nbatch = 2\nlearning_rate = 0.01");
  const Recipe recipe = parse_recipe(backbone_recipe(folder_ / "tiny-lm", stages), "tiny");
  ASSERT_TRUE(run_recipe(recipe, options(), nobody_));
  const std::string row = "layers.1.attention.qkv.weight";
  const BundleFolder bundle(folder_ / "bundle");
  const torch::Tensor trained = bundle.part("chain").tensors.at(row);
  const torch::Tensor moved = (trained.to(torch::kFloat32) - tensors_.at(row).to(torch::kFloat32)).abs().max();
  EXPECT_GT(moved.item<double>(), 0.0);
  EXPECT_LT(moved.item<double>(), 0.05);
  EXPECT_TRUE(torch::equal(trained, bundle.part("contextual").tensors.at(row)));
}

TEST_F(BackboneTest, TheBundleSaysWhereItComesFromByNameAndHash) {
  const Recipe recipe = parse_recipe(backbone_recipe(folder_ / "tiny-lm", kStill), "tiny");
  ASSERT_TRUE(run_recipe(recipe, options(), nobody_));
  const nlohmann::json provenance = read_json(folder_ / "bundle/noema.json").at("provenance");
  EXPECT_EQ(provenance["backbone"]["name"], "tiny-lm");
  EXPECT_EQ(provenance["backbone"]["sha256"], sha256_file(folder_ / "tiny-lm/chain.safetensors"));
}

TEST_F(BackboneTest, ARunDoesNotGoOnWithAnother) {
  const std::string recipe = backbone_recipe(folder_ / "tiny-lm", kStill);
  EXPECT_EQ(complaint(recipe, options()), "no error");
  save_tiny_backbone(folder_ / "tiny-lm", 4);
  EXPECT_NE(complaint(recipe, options()).find("another backbone"), std::string::npos) << complaint(recipe, options());
}

TEST_F(BackboneTest, OneThatReadsQuestionsWholeCannotShareThem) {
  nlohmann::json manifest = read_json(folder_ / "tiny-lm/noema.json");
  manifest["parts"]["chain"]["architecture"]["mask"] = "prefix";
  add_digest(manifest);
  write_file(folder_ / "tiny-lm/noema.json", manifest.dump());
  std::string recipe = backbone_recipe(folder_ / "tiny-lm", kStill);
  EXPECT_EQ(complaint(recipe, options()), "no error");
  recipe.replace(recipe.find("gsm8k"), 5, "prosqa-small");
  const std::size_t train = recipe.find("train = ");
  recipe.replace(train, recipe.find('\n', train) - train, "siblings = 2");
  EXPECT_NE(complaint(recipe, options()).find("found siblings"), std::string::npos) << complaint(recipe, options());
}

TEST_F(BackboneTest, WhatIsValidatedOnIsNotTrainedOn) {
  const std::string recipe = backbone_recipe(folder_ / "tiny-lm", kStill);
  write_file(folder_ / "valid.json", read_file(folder_ / "train.json"));
  EXPECT_NE(complaint(recipe, options()).find("neither excluded nor in the validation file"), std::string::npos);
}

TEST_F(BackboneTest, NothingElseMayBeStartedFrom) {
  PipelineOptions both = options();
  both.start = folder_ / "tiny-lm";
  const std::string message = complaint(backbone_recipe(folder_ / "tiny-lm", kStill), both);
  EXPECT_NE(message.find("leave out one of the two"), std::string::npos) << message;
  EXPECT_THROW(estimate(parse_recipe(backbone_recipe(folder_ / "tiny-lm", kStill), "tiny"), both.start), Error);
}

TEST_F(BackboneTest, TheEstimateKnowsItsSize) {
  const RecipeEstimate whole = estimate(parse_recipe(backbone_recipe(folder_ / "tiny-lm", kStill), "tiny"));
  std::int64_t parameters = 0;
  for (const auto& [name, tensor] : tensors_) {
    if (name.find("embedding") == std::string::npos) parameters += tensor.numel();  // those stay
  }
  ASSERT_EQ(whole.stages.size(), 2u);
  EXPECT_EQ(whole.stages.front().parameters, parameters);
}

}  // namespace
}  // namespace noema
