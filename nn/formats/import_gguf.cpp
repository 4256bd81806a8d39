#include <torch/torch.h>

#include "base/error.h"
#include "base/file.h"
#include "nn/formats/imported_model.h"

namespace noema {
namespace {

/// GGUF keeps the two numbers that a rotary position turns side by side; ours are half a head apart.
torch::Tensor halves_apart(const torch::Tensor& rows /*[H*Dh,D]*/, std::int64_t heads) {
  const std::int64_t width = rows.size(0) / heads;
  return rows.view({heads, width / 2, 2, rows.size(1)}).transpose(1, 2).reshape(rows.sizes());
}

TransformerConfig config_of(const GgufFile& file) {
  const nlohmann::json& settings = file.settings();
  const auto architecture = json_member<std::string>(settings, "general.architecture", file.where());
  if (architecture != "llama") {
    throw Error({file.where() + ": general.architecture", "llama", printable(architecture),
                 "models of other families cannot be imported"});
  }
  const auto whole = [&](const char* key) {
    return json_member<std::int64_t>(settings, std::string("llama.") + key, file.where());
  };
  const auto number = [&](const char* key, double otherwise) {
    const std::string name = std::string("llama.") + key;
    return settings.contains(name) ? json_member<double>(settings, name, file.where()) : otherwise;
  };
  TransformerConfig config =
      llama_style(whole("block_count"), whole("embedding_length"), whole("attention.head_count"),
                  settings.contains("llama.attention.head_count_kv") ? whole("attention.head_count_kv")
                                                                     : whole("attention.head_count"),
                  whole("feed_forward_length"), whole("context_length"));
  config.norm_epsilon = number("attention.layer_norm_rms_epsilon", 1e-5);
  config.rotary_base = number("rope.freq_base", 10000.0);
  config.check(file.where());
  const auto turned = static_cast<std::int64_t>(number("rope.dimension_count", double(config.head_width())));
  if (turned != config.head_width() || file.has("rope_freqs.weight") || settings.contains("llama.rope.scaling.type")) {
    throw Error({file.where(), "rotary positions over the whole head, unscaled", "others",
                 "this variant of Llama cannot be imported"});
  }
  return config;
}

}  // namespace

ImportedModel import_gguf(const GgufFile& file) {
  ImportedModel model;
  model.config.transformer = config_of(file);
  const TransformerConfig& config = model.config.transformer;
  TensorMap& ours = model.tensors;
  const std::int64_t kv_width = config.kv_heads * config.head_width();
  std::vector<std::string> left = file.names();
  const auto take = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    torch::Tensor tensor = file.tensor(name);
    std::erase(left, name);
    if (tensor.sizes() == shape) return tensor;
    throw Error({file.where() + ": tensor \"" + name + "\"", "shape " + c10::str(c10::IntArrayRef(shape)),
                 c10::str(tensor.sizes()), "its settings and its tensors are of different models"});
  };
  ours["embedding.weight"] = file.tensor("token_embd.weight");
  if (ours["embedding.weight"].dim() != 2 || ours["embedding.weight"].size(1) != config.width) {
    take("token_embd.weight", {0, config.width});  // throws
  }
  model.config.vocab_size = ours["embedding.weight"].size(0);
  model.config.tied = !file.has("output.weight");
  if (!model.config.tied) {
    ours["unembedding.weight"] = take("output.weight", ours["embedding.weight"].sizes().vec());
  }
  ours["final_norm.weight"] = take("output_norm.weight", {config.width});
  for (std::int64_t i = 0; i < config.layers; ++i) {
    const std::string from = "blk." + std::to_string(i) + ".", to = "layers." + std::to_string(i) + ".";
    const auto square = std::vector<std::int64_t>{config.width, config.width};
    ours[to + "attention_norm.weight"] = take(from + "attn_norm.weight", {config.width});
    ours[to + "attention.qkv.weight"] =
        torch::cat({halves_apart(take(from + "attn_q.weight", square), config.heads),
                    halves_apart(take(from + "attn_k.weight", {kv_width, config.width}), config.kv_heads),
                    take(from + "attn_v.weight", {kv_width, config.width})});
    ours[to + "attention.out.weight"] = take(from + "attn_output.weight", square);
    ours[to + "feed_forward_norm.weight"] = take(from + "ffn_norm.weight", {config.width});
    ours[to + "feed_forward.in.weight"] =
        torch::cat({take(from + "ffn_gate.weight", {config.feed_forward, config.width}),
                    take(from + "ffn_up.weight", {config.feed_forward, config.width})});
    ours[to + "feed_forward.out.weight"] = take(from + "ffn_down.weight", {config.width, config.feed_forward});
  }
  std::erase(left, "token_embd.weight");
  if (left.empty()) return model;
  throw Error({file.where() + ": tensor \"" + printable(left.front()) + "\"", "no other tensors than Llama's",
               std::to_string(left.size()) + " that our transformer has no place for",
               "this variant of Llama cannot be imported"});
}

}  // namespace noema
