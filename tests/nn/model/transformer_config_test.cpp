#include "nn/model/transformer_config.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <functional>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

/// The message with which the JSON is refused; "" when it is taken.
std::string refusal(const nlohmann::json& json) {
  try {
    from_json<LanguageModelConfig>(json, "config.json");
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

nlohmann::json tiny() { return to_json(LanguageModelConfig{64, test::tiny_llama()}); }

TEST(TransformerConfig, GoesThroughJson) {
  TransformerConfig odd = test::tiny_gpt2();
  odd.norm_epsilon = 1e-6;
  odd.rotary_base = 500000.0;
  odd.position = TransformerConfig::Position::rotary;
  odd.activation = TransformerConfig::FeedForward::swiglu;
  for (const TransformerConfig& config :
       {TransformerConfig(), test::tiny_gpt2(), test::tiny_llama(), test::tiny_prefix(), odd}) {
    const nlohmann::json json = to_json(LanguageModelConfig{64, config});
    const LanguageModelConfig read = from_json<LanguageModelConfig>(nlohmann::json::parse(json.dump()), "config.json");
    EXPECT_EQ(to_json(read), json);
    EXPECT_EQ(read.vocab_size, 64);
    EXPECT_EQ(read.transformer.feed_forward, config.feed_forward);
    EXPECT_EQ(read.transformer.position, config.position);
    EXPECT_EQ(read.transformer.mask, config.mask);
    EXPECT_EQ(read.transformer.norm, config.norm);
    EXPECT_EQ(read.transformer.activation, config.activation);
    EXPECT_EQ(read.transformer.biases, config.biases);
    EXPECT_EQ(read.transformer.norm_epsilon, config.norm_epsilon);
    EXPECT_EQ(read.transformer.rotary_base, config.rotary_base);
  }
}

TEST(TransformerConfig, StylesAreThoseOfGpt2AndLlama) {
  Weights gpt2(1), llama(1);
  LanguageModel({64, gpt2_style(1, 16, 4, 8)}, gpt2);
  LanguageModel({64, llama_style(1, 16, 4, 2, 24, 8)}, llama);
  const auto shape = [](const Weights& weights, const std::string& name) { return weights.tensors().at(name).sizes(); };
  EXPECT_EQ(shape(gpt2, "positions.weight"), (std::vector<std::int64_t>{8, 16}));
  EXPECT_EQ(shape(gpt2, "layers.0.attention.qkv.weight"), (std::vector<std::int64_t>{48, 16}));
  EXPECT_EQ(shape(gpt2, "layers.0.feed_forward.in.bias"), (std::vector<std::int64_t>{64}));
  EXPECT_EQ(gpt2.tensors().size(), 2u + 12u + 2u);
  EXPECT_EQ(shape(llama, "layers.0.attention.qkv.weight"), (std::vector<std::int64_t>{32, 16}));
  EXPECT_EQ(shape(llama, "layers.0.feed_forward.in.weight"), (std::vector<std::int64_t>{48, 16}));
  EXPECT_EQ(shape(llama, "layers.0.feed_forward.out.weight"), (std::vector<std::int64_t>{16, 24}));
  EXPECT_EQ(llama.tensors().size(), 1u + 6u + 1u);
}

TEST(TransformerConfig, EveryMemberMustBeThereAndOfItsType) {
  nlohmann::json whole = tiny();
  ASSERT_EQ(refusal(whole), "");
  whole["mask"] = 1;  // may be missing, but not mistyped
  EXPECT_NE(refusal(whole).find("mask"), std::string::npos) << refusal(whole);
  whole.erase("mask");
  for (const auto& [key, value] : whole.items()) {
    nlohmann::json without = whole;
    without.erase(key);
    EXPECT_NE(refusal(without).find(key), std::string::npos) << refusal(without);
    for (const nlohmann::json& wrong : {nlohmann::json("seven"), nlohmann::json(nullptr), nlohmann::json::array({1})}) {
      nlohmann::json with = whole;
      with[key] = wrong;
      EXPECT_NE(refusal(with).find(key), std::string::npos) << key << ": " << refusal(with);
      EXPECT_NE(refusal(with).find("config.json"), std::string::npos);
    }
  }
  for (const nlohmann::json& json : {nlohmann::json(), nlohmann::json(3), nlohmann::json::array()}) {
    EXPECT_NE(refusal(json), "");
  }
}

TEST(TransformerConfig, RefusesSenselessSizes) {
  for (const char* key : {"vocab_size", "layers", "width", "heads", "kv_heads", "feed_forward", "max_positions"}) {
    for (const nlohmann::json& size : {nlohmann::json(0), nlohmann::json(-1), nlohmann::json(1LL << 40),
                                       nlohmann::json(~0ull), nlohmann::json(1.5), nlohmann::json(1e300)}) {
      nlohmann::json json = tiny();
      json[key] = size;
      EXPECT_NE(refusal(json).find(key), std::string::npos) << key << " " << size << ": " << refusal(json);
    }
  }
}

TEST(TransformerConfig, RefusesSizesThatDoNotFitTogether) {
  const auto with = [](const std::function<void(TransformerConfig&)>& change) {
    TransformerConfig config = test::tiny_llama();
    change(config);
    return refusal(to_json(LanguageModelConfig{64, config}));
  };
  EXPECT_NE(with([](auto& c) { c.heads = 3; }), "");                     // does not divide the width
  EXPECT_NE(with([](auto& c) { c.kv_heads = 3; }), "");                  // does not divide the heads
  EXPECT_NE(with([](auto& c) { c.kv_heads = 8; }), "");                  // more than the heads
  EXPECT_NE(with([](auto& c) { c.heads = c.kv_heads = c.width; }), "");  // rotary heads of one column
  EXPECT_NE(with([](auto& c) { c.layers = 1025; }), "");
  EXPECT_NE(with([](auto& c) { c.max_positions = 1 << 20, c.width = 4096; }), "");  // a table that no weights vouch for
  EXPECT_EQ(with([](auto& c) { c.kv_heads = 1; }), "");
}

TEST(TransformerConfig, RefusesNumbersThatMakeEverythingNaN) {
  for (const char* key : {"norm_epsilon", "rotary_base"}) {
    for (const double number : {-1.0, 0.0}) {
      nlohmann::json json = tiny();
      json[key] = number;
      EXPECT_NE(refusal(json).find(key), std::string::npos) << key << " " << number << ": " << refusal(json);
    }
  }
}

TEST(TransformerConfig, TheModelChecksItToo) {
  Weights weights(1);
  TransformerConfig config = test::tiny_llama();
  config.kv_heads = 3;
  EXPECT_THROW(LanguageModel({64, config}, weights), Error);
}

}  // namespace
}  // namespace noema
