#include "nn/formats/imported_model.h"

#include <gtest/gtest.h>
#include <torch/torch.h>
#include <unistd.h>

#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "nn/formats/safetensors.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

/// The fixture's logits must come out of what was imported; see parity_test.cpp.
void expect_same_logits(const ImportedModel& imported, const std::string& fixture) {
  const auto tensors = read_safetensors(NOEMA_TEST_DATA "/parity/" + fixture + ".safetensors").tensors;
  Weights weights(imported.tensors, "imported");
  const LanguageModel model(imported.config, weights);
  const Positions at = causal_positions({12, 12}, 12, torch::kCPU);
  const torch::Tensor logits = model.logits(model.hidden(model.embed(tensors.at("input_ids")), {at}), {at});
  EXPECT_LE(test::difference(logits, tensors.at("logits")), 1e-5);
}

TEST(ImportedModel, GgufGivesTheModelThatItWasMadeOf) {
  const GgufFile file(NOEMA_TEST_DATA "/import/llama.gguf");
  expect_same_logits(import_gguf(file), "llama");
}

TEST(ImportedModel, OtherArchitecturesAreRefused) {
  const GgufFile file(NOEMA_TEST_DATA "/import/blocks.gguf");  // says llama, and nothing else
  EXPECT_THROW(import_gguf(file), Error);
}

TEST(ImportedModel, TensorsWithoutAPlaceAreRefused) {
  std::string bytes = read_file(NOEMA_TEST_DATA "/import/llama.gguf", 1 << 20);
  const std::string key = "llama.block_count";
  char& layers = bytes.at(bytes.find(key) + key.size() + 4);  // behind the type, a number of 4 bytes
  ASSERT_EQ(layers, 2);
  layers = 1;
  const fs::path path = fs::temp_directory_path() / ("noema_gguf_" + std::to_string(getpid()));
  write_file(path, bytes);
  std::string message;
  try {
    import_gguf(GgufFile(path));
  } catch (const Error& error) {
    message = error.what();
  }
  fs::remove(path);
  EXPECT_NE(message.find("\"blk.1."), std::string::npos) << message;
}

/// A folder as Hugging Face writes it, of one of the fixtures.
class HuggingFaceFolder : public testing::Test {
 protected:
  void TearDown() override { fs::remove_all(folder_); }

  void write(const nlohmann::json& config, const TensorMap& tensors) {
    write_file(folder_ / "config.json", config.dump());
    write_safetensors(folder_ / "model.safetensors", tensors);
  }

  static TensorMap fixture(const std::string& name) {
    return read_safetensors(NOEMA_TEST_DATA "/parity/" + name + ".safetensors").tensors;
  }

  static TensorMap llama_tensors() {
    const TensorMap ours = fixture("llama");
    TensorMap theirs = {{"model.embed_tokens.weight", ours.at("embedding.weight")},
                        {"model.norm.weight", ours.at("final_norm.weight")}};
    for (int i = 0; i < 2; ++i) {
      const std::string from = "layers." + std::to_string(i) + ".", to = "model." + from;
      const auto qkv = ours.at(from + "attention.qkv.weight").split_with_sizes({32, 16, 16});
      const auto halves = ours.at(from + "feed_forward.in.weight").chunk(2);
      theirs[to + "self_attn.q_proj.weight"] = qkv[0];
      theirs[to + "self_attn.k_proj.weight"] = qkv[1];
      theirs[to + "self_attn.v_proj.weight"] = qkv[2];
      theirs[to + "self_attn.o_proj.weight"] = ours.at(from + "attention.out.weight");
      theirs[to + "mlp.gate_proj.weight"] = halves[0];
      theirs[to + "mlp.up_proj.weight"] = halves[1];
      theirs[to + "mlp.down_proj.weight"] = ours.at(from + "feed_forward.out.weight");
      theirs[to + "input_layernorm.weight"] = ours.at(from + "attention_norm.weight");
      theirs[to + "post_attention_layernorm.weight"] = ours.at(from + "feed_forward_norm.weight");
    }
    return theirs;
  }

  static nlohmann::json llama_config() {
    return {{"model_type", "llama"},      {"num_hidden_layers", 2},   {"hidden_size", 32},
            {"num_attention_heads", 4},   {"num_key_value_heads", 2}, {"intermediate_size", 48},
            {"vocab_size", 64},           {"rms_norm_eps", 1e-5},     {"max_position_embeddings", 16},
            {"tie_word_embeddings", true}};
  }

  std::string refusal(const nlohmann::json& config, const TensorMap& tensors) {
    write(config, tensors);
    try {
      import_hugging_face(folder_);
      return "";
    } catch (const Error& error) {
      return error.what();
    }
  }

  const fs::path folder_ = fs::temp_directory_path() / ("noema_hf_" + std::to_string(getpid()));
};

TEST_F(HuggingFaceFolder, Llama) {
  write(llama_config(), llama_tensors());
  expect_same_logits(import_hugging_face(folder_), "llama");
}

TEST_F(HuggingFaceFolder, LlamaWithItsOwnOutputMatrix) {
  TensorMap tensors = llama_tensors();
  tensors["lm_head.weight"] = 2 * tensors["model.embed_tokens.weight"];
  nlohmann::json config = llama_config();
  config["tie_word_embeddings"] = false;
  write(config, tensors);
  ImportedModel imported = import_hugging_face(folder_);
  EXPECT_FALSE(imported.config.tied);
  imported.tensors["unembedding.weight"] = imported.tensors["unembedding.weight"] / 2;
  expect_same_logits(imported, "llama");
}

TEST_F(HuggingFaceFolder, Gpt2) {
  TensorMap theirs;
  const std::map<std::string, std::string> names = {
      {"attention_norm", "ln_1"},    {"attention.qkv", "attn.c_attn"}, {"attention.out", "attn.c_proj"},
      {"feed_forward_norm", "ln_2"}, {"feed_forward.in", "mlp.c_fc"},  {"feed_forward.out", "mlp.c_proj"}};
  for (const auto& [name, tensor] : fixture("gpt2")) {
    if (name == "embedding.weight") theirs["wte.weight"] = tensor;
    if (name == "positions.weight") theirs["wpe.weight"] = tensor;
    if (name.starts_with("final_norm.")) theirs["ln_f" + name.substr(10)] = tensor;
    if (!name.starts_with("layers.")) continue;
    const std::string layer = name.substr(7, 1), module = name.substr(9, name.rfind('.') - 9);
    theirs["h." + layer + "." + names.at(module) + name.substr(name.rfind('.'))] =
        tensor.dim() == 2 ? tensor.t().contiguous() : tensor;
  }
  write({{"model_type", "gpt2"},
         {"n_layer", 2},
         {"n_embd", 32},
         {"n_head", 4},
         {"n_inner", 64},
         {"n_positions", 16},
         {"vocab_size", 64}},
        theirs);
  expect_same_logits(import_hugging_face(folder_), "gpt2");
}

TEST_F(HuggingFaceFolder, WhatIsNotOursIsRefused) {
  TensorMap tensors = llama_tensors();
  const auto with = [](const char* key, const nlohmann::json& value) {
    nlohmann::json config = llama_config();
    config[key] = value;
    return config;
  };
  EXPECT_NE(refusal(with("model_type", "mamba"), tensors).find("mamba"), std::string::npos);
  EXPECT_NE(refusal(with("rope_scaling", {{"factor", 8}}), tensors).find("unscaled"), std::string::npos);
  EXPECT_NE(refusal(with("attention_bias", true), tensors).find("no biases"), std::string::npos);
  EXPECT_NE(refusal(with("hidden_act", "relu"), tensors).find("silu"), std::string::npos);
  EXPECT_NE(refusal(with("attention_bias", "yes"), tensors).find("true or false"), std::string::npos);
  EXPECT_NE(refusal(with("hidden_size", 64), tensors).find("shape"), std::string::npos);
  EXPECT_NE(refusal(with("vocab_size", -1), tensors).find("shape"), std::string::npos);
  tensors["model.layers.1.self_attn.q_proj.bias"] = torch::zeros({32});
  EXPECT_NE(refusal(llama_config(), tensors).find("q_proj.bias"), std::string::npos);
  tensors.erase("model.layers.1.self_attn.q_proj.bias");
  tensors["model.layers.1.self_attn.rotary_emb.inv_freq"] = torch::ones({4});  // a buffer, in files of old
  EXPECT_EQ(refusal(llama_config(), tensors), "");
  tensors["model.norm.weight"] = torch::ones({32}, torch::kBool);
  EXPECT_NE(refusal(llama_config(), tensors).find("model.norm.weight\": expected weights"), std::string::npos);
  tensors.erase("model.norm.weight");
  EXPECT_NE(refusal(llama_config(), tensors).find("model.norm.weight"), std::string::npos);
}

}  // namespace
}  // namespace noema
