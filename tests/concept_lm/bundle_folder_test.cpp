#include "concept_lm/bundle_folder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <functional>

#include "base/error.h"
#include "base/file.h"
#include "concept_lm/backbone.h"
#include "concept_lm/bundle.h"
#include "concept_lm/part_kinds.h"
#include "nn/formats/safetensors.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

/// A bundle whose chain is an adapter.
class AdapterBundleTest : public testing::Test {
 protected:
  AdapterBundleTest()
      : folder_(std::filesystem::temp_directory_path() / ("noema-adapter-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(folder_);
    tokenizer_ = train_tokenizer(tiny_corpus(), {.vocab_size = 420});
    config_ = {tokenizer_->vocab_size(), tiny_transformer()};
    backbone_ = {"outside", "", config_, new_base(7), nullptr};
    for (const auto& [name, tensor] : backbone_.tensors) base_[name] = tensor.to(torch::kFloat32);
    Weights weights(8);
    weights.adapt(lora_);
    const LanguageModel model(config_, weights);
    for (const auto& [name, tensor] : weights.tensors()) {
      if (name.find(".lora.") != std::string::npos) adapter_[name] = rounded(tensor + 0.05);
    }
    save();
  }
  ~AdapterBundleTest() override { std::filesystem::remove_all(folder_); }

  static torch::Tensor rounded(const torch::Tensor& tensor) { return tensor.to(torch::kBFloat16).to(torch::kFloat32); }

  TensorMap new_base(std::uint64_t seed) const {
    Weights weights(seed);
    const LanguageModel model(config_, weights);
    TensorMap tensors;
    for (const auto& [name, tensor] : weights.tensors()) tensors[name] = tensor.to(torch::kBFloat16);
    return tensors;
  }

  void save(bool stored = true) const {
    const nlohmann::json architecture = part_architecture(config_, kLanguageModelPart);
    save_bundle(bundle_, "stories", {{"seed", 1}}, *tokenizer_,
                {{"chain", architecture, adapter_, torch::kBFloat16, BundleAdapter{lora_, ""}}},
                BundleBase{backbone_, cut_, stored});
  }

  void edit_manifest(const std::function<void(nlohmann::json&)>& edit) const {
    nlohmann::json manifest = read_json(bundle_ / "noema.json");
    edit(manifest);
    manifest.erase("sha256");
    write_file(bundle_ / "noema.json", manifest.dump());
  }

  void expect_complaint(const std::string& words) const {
    std::string message = "no error";
    try {
      load_bundle(bundle_);
    } catch (const Error& error) {
      message = error.what();
    }
    EXPECT_NE(message.find(words), std::string::npos) << message;
    EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  }

  std::filesystem::path folder_, bundle_ = folder_ / "bundle";
  std::unique_ptr<Tokenizer> tokenizer_;
  LanguageModelConfig config_;
  LoraOptions lora_{.rank = 2, .alpha = 6.0, .targets = {"attention.qkv", "feed_forward.in"}};
  Backbone backbone_;
  BackboneCut cut_;
  TensorMap base_, adapter_;
};

TEST_F(AdapterBundleTest, AnAdapterIsStoredAloneAndReadAsTheWholePart) {
  const auto stored = read_safetensors(bundle_ / "chain.safetensors").tensors;
  EXPECT_EQ(stored.size(), adapter_.size());
  EXPECT_EQ(read_safetensors(bundle_ / "base.safetensors").tensors.size(), base_.size());

  TensorMap all = base_;
  all.insert(adapter_.begin(), adapter_.end());
  const TensorMap expected = merge_lora(all, lora_, "adapters");
  const StoredPart part = BundleFolder(bundle_).part("chain");
  ASSERT_EQ(part.tensors.size(), expected.size());
  for (const auto& [name, tensor] : expected) {
    EXPECT_TRUE(torch::equal(part.tensors.at(name).to(torch::kFloat32), tensor)) << name;
  }
  EXPECT_FALSE(torch::equal(expected.at("layers.1.attention.qkv.weight"), base_.at("layers.1.attention.qkv.weight")));
}

TEST_F(AdapterBundleTest, TheModelComputesWhatItsTrainingDid) {
  TensorMap all = base_;
  all.insert(adapter_.begin(), adapter_.end());
  Weights weights(all, "adapted");
  weights.adapt(lora_);
  const LanguageModel adapted(config_, weights);
  const auto logits = [](const LanguageModel& model) {
    const Positions at = causal_positions({4}, 4, torch::kCPU);
    return model.logits(model.hidden(model.embed(torch::tensor({{3, 4, 5, 6}})), {at}), {at});
  };
  EXPECT_TRUE(torch::allclose(logits(load_bundle(bundle_).need_chain()), logits(adapted), 1e-4, 1e-5));
}

TEST_F(AdapterBundleTest, AnotherBaseIsRefused) {
  write_safetensors(bundle_ / "base.safetensors", new_base(9));
  expect_complaint("base.safetensors: expected sha256");
  edit_manifest([&](auto& m) { m["base"]["sha256"] = sha256_file(bundle_ / "base.safetensors"); });
  expect_complaint("trained on another backbone");
  edit_manifest([](auto& m) { m.erase("base"); });
  expect_complaint("a bundle with a base");
}

TEST_F(AdapterBundleTest, AMissingBaseIsAskedForByItsHash) {
  const std::string sha256 = sha256_file(bundle_ / "base.safetensors");
  std::filesystem::remove(bundle_ / "base.safetensors");
  expect_complaint(sha256);
  expect_complaint("copy the chain.safetensors");
}

TEST_F(AdapterBundleTest, ANamedBaseIsReadWhereItIsAndAsMuchOfItAsIsUsed) {
  const std::filesystem::path model = folder_ / "models" / "outside";
  const auto save_model = [&](std::uint64_t seed) {
    LanguageModelConfig larger = config_;
    ++larger.transformer.layers;
    Weights weights = Weights::starting_from(new_base(seed), 1);
    const LanguageModel made(larger, weights);
    save_bundle(model, "text", {{"seed", 1}}, *tokenizer_,
                {{"chain", part_architecture(larger, kLanguageModelPart), weights.tensors()}});
  };
  save_model(7);
  ::setenv("NOEMA_MODELS", model.parent_path().c_str(), 1);
  const StoredPart expected = BundleFolder(bundle_).part("chain");
  std::filesystem::remove_all(bundle_);
  backbone_.sha256 = sha256_file(model / "chain.safetensors");
  cut_.layers = config_.transformer.layers;
  save(false);
  EXPECT_FALSE(std::filesystem::exists(bundle_ / "base.safetensors"));
  const StoredPart found = BundleFolder(bundle_).part("chain");
  ASSERT_EQ(found.tensors.size(), expected.tensors.size());
  for (const auto& [name, tensor] : expected.tensors) EXPECT_TRUE(torch::equal(found.tensors.at(name), tensor)) << name;

  save_model(9);
  expect_complaint("trained on another model of that name");
  std::filesystem::remove_all(model);
  expect_complaint("outside");
  edit_manifest([](auto& m) { m["base"]["model"] = "../bundle"; });
  expect_complaint("the name of a model");
  ::unsetenv("NOEMA_MODELS");
}

TEST_F(AdapterBundleTest, EntriesThatDoNotTellTheTruthAreRefused) {
  const auto expect_refused = [&](const char* key, const nlohmann::json& value, const std::string& words) {
    save();
    edit_manifest([&](auto& m) { m["parts"]["chain"]["adapter"][key] = value; });
    expect_complaint(words);
  };
  expect_refused("rank", 3, "expected shape [3, 32], found shape [2, 32]");
  expect_refused("rank", 1LL << 40, "a whole number from 1 to 1024");
  expect_refused("alpha", "much", "a number");
  expect_refused("targets", {"attention.out"}, "\"layers.0.attention.out.lora.a\"");
  expect_refused("targets", {"attention.qkv"}, "4 tensors more");
  expect_refused("prefix", "backbone.", "\"backbone.layers.0.attention.qkv.lora.a\"");
  save();
  edit_manifest([](auto& m) { m["parts"]["chain"]["adapter"] = 7; });
  expect_complaint("a JSON object");
}

TEST_F(AdapterBundleTest, AFileWithWeightsOfTheBaseIsRefused) {
  adapter_["final_norm.weight"] = torch::ones({32});
  save();
  expect_complaint("only what stands in no other file");
}

}  // namespace
}  // namespace noema
