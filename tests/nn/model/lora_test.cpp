#include "nn/model/lora.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/model/token_stream.h"
#include "support/gradients.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

const std::vector<std::string> kAllMaps = {"attention.qkv", "attention.out", "feed_forward.in", "feed_forward.out"};

bool is_adapter(const std::string& name) { return name.find(".lora.") != std::string::npos; }

/// Adapters start with B at zero: gives them something to say.
void stir(const Weights& weights) {
  for (const auto& [name, tensor] : weights.tensors()) {
    if (name.ends_with("lora.b")) torch::Tensor(tensor).copy_(at::linspace(-0.3, 0.4, tensor.numel()).view_as(tensor));
  }
}

TensorMap without_adapters(TensorMap tensors) {
  std::erase_if(tensors, [](const auto& entry) { return is_adapter(entry.first); });
  return tensors;
}

class LoraTest : public testing::TestWithParam<bool> {
 protected:
  LoraTest() : config_{test::kVocabulary, GetParam() ? test::tiny_gpt2() : test::tiny_llama()} {
    weights_.adapt(options_);
  }

  torch::Tensor logits(Weights weights) const {
    return test::uncached_logits(LanguageModel(config_, weights), {3, 1, 4, 1, 5, 9});
  }

  LoraOptions options_{.rank = 3, .alpha = 6.0, .targets = kAllMaps};
  LanguageModelConfig config_;
  Weights weights_{7};
};

INSTANTIATE_TEST_SUITE_P(Styles, LoraTest, testing::Values(false, true));

TEST_P(LoraTest, ANewAdapterChangesNothing) {
  const torch::Tensor adapted = logits(weights_);
  Weights plain(7);
  EXPECT_EQ(test::difference(adapted, logits(plain)), 0.0);
}

TEST_P(LoraTest, MergedWeightsComputeWhatAdaptersDid) {
  const LanguageModel model(config_, weights_);
  stir(weights_);
  const torch::Tensor adapted = logits(weights_);
  const TensorMap merged = merge_lora(weights_.tensors(), options_, "adapters");
  EXPECT_LT(test::difference(adapted, logits(Weights(merged, "merged"))), 1e-5);
  EXPECT_GT(test::difference(adapted, logits(Weights(without_adapters(weights_.tensors()), "plain"))), 1e-3);
  EXPECT_EQ(merged.size(), without_adapters(weights_.tensors()).size());
}

TEST_P(LoraTest, OnlyTheTargetsAreAdapted) {
  options_.targets = {"attention.out"};
  weights_.adapt(options_);
  const LanguageModel model(config_, weights_);
  std::vector<std::string> adapters;
  for (const auto& [name, tensor] : weights_.tensors()) {
    if (is_adapter(name)) adapters.push_back(name);
  }
  EXPECT_EQ(adapters, (std::vector<std::string>{"layers.0.attention.out.lora.a", "layers.0.attention.out.lora.b",
                                                "layers.1.attention.out.lora.a", "layers.1.attention.out.lora.b"}));
}

TEST_P(LoraTest, AdaptersThatAreMissingMisshapenOrTooManyAreErrors) {
  const LanguageModel model(config_, weights_);
  const auto complaint = [&](const TensorMap& tensors, const LoraOptions& options) -> std::string {
    try {
      merge_lora(tensors, options, "adapters");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  const std::string name = "layers.1.attention.qkv.lora.b";
  TensorMap tensors = weights_.tensors();
  EXPECT_EQ(complaint(tensors, options_), "no error");
  tensors.erase(name);
  EXPECT_NE(complaint(tensors, options_).find("\"" + name + "\""), std::string::npos) << complaint(tensors, options_);
  tensors[name] = torch::zeros({2, 2});
  EXPECT_NE(complaint(tensors, options_).find("found shape [2, 2]"), std::string::npos) << complaint(tensors, options_);
  const LoraOptions lying{.rank = 2, .alpha = 6.0, .targets = kAllMaps};
  EXPECT_NE(complaint(weights_.tensors(), lying).find("expected shape [2, 16]"), std::string::npos);
  const LoraOptions fewer{.rank = 3, .alpha = 6.0, .targets = {"attention.qkv"}};
  EXPECT_NE(complaint(weights_.tensors(), fewer).find("12 tensors more"), std::string::npos);
}

TEST(Lora, GradientsOfTheLinearMapAreThoseOfFiniteDifferences) {
  Weights weights(3, torch::kFloat64);
  weights.adapt({.rank = 2, .alpha = 3.0});
  const Linear map(WeightScope(weights) / "layers" / "0" / "attention" / "qkv", 4, 5, true);
  const TensorMap& tensors = weights.tensors();
  stir(weights);
  const torch::Tensor x = at::linspace(-1.0, 2.0, 12, torch::kFloat64).view({3, 4});
  const torch::Tensor direction = at::linspace(0.3, -0.7, 15, torch::kFloat64).view({3, 5});
  const Positions at = single_positions(3);
  expect_right_gradients([&] { return (map(x, {at}).sin() * direction).sum(); },
                         {x, tensors.at("layers.0.attention.qkv.lora.a"), tensors.at("layers.0.attention.qkv.lora.b")});
}

TEST(Lora, OptionsComeBackFromJsonAndSenselessOnesDoNot) {
  const LoraOptions options{.rank = 5, .alpha = 2.5, .targets = {"feed_forward.in"}};
  EXPECT_EQ(to_json(from_json<LoraOptions>(to_json(options), "json")), to_json(options));
  const auto refuses = [&](const char* key, const nlohmann::json& value) {
    nlohmann::json json = to_json(options);
    json[key] = value;
    EXPECT_THROW(from_json<LoraOptions>(json, "json"), Error) << json;
  };
  for (const nlohmann::json& rank : {nlohmann::json(0), nlohmann::json(1 << 20), nlohmann::json("8")}) {
    refuses("rank", rank);
  }
  for (const double alpha : {0.0, -1.0, 1e9}) refuses("alpha", alpha);
  for (const nlohmann::json& targets :
       {nlohmann::json::array(), nlohmann::json{"attention"}, nlohmann::json{7}, nlohmann::json("attention.qkv")}) {
    refuses("targets", targets);
  }
}

}  // namespace
}  // namespace noema
