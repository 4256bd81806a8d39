#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "nn/formats/imported_model.h"
#include "nn/formats/safetensors.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

/// A member that may be left out or null.
template <typename T>
T member_or(const nlohmann::json& json, const char* key, T otherwise, const std::string& where) {
  return json.contains(key) && !json[key].is_null() ? json_member<T>(json, key, where) : otherwise;
}

/// A folder's tensors, from one file or those that the index names.
TensorMap read_folder(const fs::path& folder) {
  if (fs::exists(folder / "model.safetensors")) return read_safetensors(folder / "model.safetensors").tensors;
  const fs::path index = folder / "model.safetensors.index.json";
  if (!fs::exists(index)) {
    throw Error({folder.string(), "model.safetensors or its index", "neither", "other formats cannot be imported"});
  }
  const auto names = json_member<nlohmann::json>(read_json(index), "weight_map", index.string());
  std::map<std::string, std::string> files;
  for (const auto& [tensor, file] : names.items()) {
    const std::string name = file.is_string() ? file.get<std::string>() : "";
    if (name.empty() || name.front() == '.' || name.find_first_of("/\\") != std::string::npos) {
      throw Error({index.string(), "names of files in the folder", printable(file.dump()), ""});
    }
    files[name] = tensor;
  }
  TensorMap all;
  for (const auto& [file, tensor] : files) all.merge(read_safetensors(folder / file).tensors);
  return all;
}

/// Takes tensors by their Hugging Face name and expected shape, in fp32, each once.
class Source {
 public:
  Source(TensorMap tensors, std::string where) : tensors_(std::move(tensors)), where_(std::move(where)) {}

  bool has(const std::string& name) { return find(name) != tensors_.end(); }

  torch::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape) {
    const auto found = find(name);
    const std::string where = where_ + ": tensor \"" + name + "\"";
    if (found == tensors_.end()) throw Error({where, "to be there", "no such tensor", "the model is incomplete"});
    if (!found->second.is_floating_point()) {
      throw Error({where, "weights", c10::toString(found->second.scalar_type()), "quantized files cannot be imported"});
    }
    if (found->second.sizes() == shape) return tensors_.extract(found).mapped().to(torch::kFloat32);
    throw Error({where, "shape " + c10::str(c10::IntArrayRef(shape)), c10::str(found->second.sizes()),
                 "config.json and the tensors are of different models"});
  }

  /// GPT-2 keeps its matrices the other way round.
  torch::Tensor take_turned(const std::string& name, std::int64_t columns, std::int64_t inner) {
    return take(name, {inner, columns}).t().contiguous();
  }

  /// Complains of what nobody took, but for what some files keep beside the weights: masks, frequencies of rotary
  /// positions, and an output matrix that is the embeddings' again.
  void finish() const {
    const auto is_weight = [](const auto& entry) {
      const std::string& name = entry.first;
      return !name.ends_with(".attn.bias") && !name.ends_with(".attn.masked_bias") &&
             !name.ends_with("rotary_emb.inv_freq") && !name.ends_with("lm_head.weight");
    };
    const auto left = std::find_if(tensors_.begin(), tensors_.end(), is_weight);
    if (left == tensors_.end()) return;
    throw Error({where_ + ": tensor \"" + printable(left->first) + "\"", "no others than the family's",
                 "one that our transformer has no place for", "this variant cannot be imported"});
  }

 private:
  /// Some files leave out the name of the whole model in front.
  TensorMap::iterator find(const std::string& name) {
    const auto found = tensors_.find(name);
    return found != tensors_.end() ? found : tensors_.find(name.substr(name.find('.') + 1));
  }

  TensorMap tensors_;
  std::string where_;
};

ImportedModel import_gpt2(const nlohmann::json& config, Source& source, const std::string& where) {
  const auto whole = [&](const char* key) { return json_member<std::int64_t>(config, key, where); };
  ImportedModel model;
  TransformerConfig& ours = model.config.transformer;
  ours = gpt2_style(whole("n_layer"), whole("n_embd"), whole("n_head"), whole("n_positions"));
  ours.feed_forward = member_or(config, "n_inner", ours.feed_forward, where);
  ours.norm_epsilon = member_or(config, "layer_norm_epsilon", 1e-5, where);
  ours.check(where);
  const auto activation = member_or(config, "activation_function", std::string("gelu_new"), where);
  if ((activation != "gelu_new" && activation != "gelu_pytorch_tanh") ||  // one function under two names
      member_or(config, "scale_attn_by_inverse_layer_idx", false, where) ||
      !member_or(config, "scale_attn_weights", true, where)) {
    throw Error({where, "gelu_new, and attention scaled by the heads' width alone", "a variant",
                 "this variant of GPT-2 cannot be imported"});
  }
  model.config.vocab_size = whole("vocab_size");
  const std::int64_t d = ours.width, f = ours.feed_forward;
  TensorMap& to = model.tensors;
  to["embedding.weight"] = source.take("transformer.wte.weight", {model.config.vocab_size, d});
  to["positions.weight"] = source.take("transformer.wpe.weight", {ours.max_positions, d});
  const auto take_norm = [&](const std::string& name, const std::string& from) {
    to[name + ".weight"] = source.take(from + ".weight", {d});
    to[name + ".bias"] = source.take(from + ".bias", {d});
  };
  const auto take_linear = [&](const std::string& name, const std::string& from, std::int64_t columns,
                               std::int64_t inner) {
    to[name + ".weight"] = source.take_turned(from + ".weight", columns, inner);
    to[name + ".bias"] = source.take(from + ".bias", {columns});
  };
  take_norm("final_norm", "transformer.ln_f");
  for (std::int64_t i = 0; i < ours.layers; ++i) {
    const std::string here = "layers." + std::to_string(i) + ".", from = "transformer.h." + std::to_string(i) + ".";
    take_norm(here + "attention_norm", from + "ln_1");
    take_linear(here + "attention.qkv", from + "attn.c_attn", 3 * d, d);
    take_linear(here + "attention.out", from + "attn.c_proj", d, d);
    take_norm(here + "feed_forward_norm", from + "ln_2");
    take_linear(here + "feed_forward.in", from + "mlp.c_fc", f, d);
    take_linear(here + "feed_forward.out", from + "mlp.c_proj", d, f);
  }
  return model;
}

TransformerConfig llama_config(const nlohmann::json& config, const std::string& where) {
  const auto whole = [&](const char* key) { return json_member<std::int64_t>(config, key, where); };
  const std::int64_t heads = whole("num_attention_heads");
  TransformerConfig ours = llama_style(whole("num_hidden_layers"), whole("hidden_size"), heads,
                                       config.contains("num_key_value_heads") ? whole("num_key_value_heads") : heads,
                                       whole("intermediate_size"), whole("max_position_embeddings"));
  ours.norm_epsilon = member_or(config, "rms_norm_eps", 1e-5, where);
  // Newer files keep the settings of rotary positions together.
  const auto rotary = member_or(config, "rope_parameters", config, where);
  ours.rotary_base = member_or(rotary, "rope_theta", 10000.0, where);
  ours.check(where);
  const bool scaled = config.contains("rope_scaling") && !config["rope_scaling"].is_null();
  if (scaled || member_or(rotary, "rope_type", std::string("default"), where) != "default" ||
      member_or(config, "hidden_act", std::string("silu"), where) != "silu" ||
      member_or(config, "attention_bias", false, where) || member_or(config, "mlp_bias", false, where) ||
      member_or(config, "head_dim", ours.head_width(), where) != ours.head_width()) {
    throw Error({where, "unscaled rotary positions over whole heads, silu, and no biases", "a variant",
                 "this variant of Llama cannot be imported"});
  }
  return ours;
}

ImportedModel import_llama(const nlohmann::json& config, Source& source, const std::string& where) {
  ImportedModel model;
  TransformerConfig& ours = model.config.transformer;
  ours = llama_config(config, where);
  model.config.vocab_size = json_member<std::int64_t>(config, "vocab_size", where);
  const std::int64_t d = ours.width, f = ours.feed_forward, kv = ours.kv_heads * ours.head_width();
  TensorMap& to = model.tensors;
  to["embedding.weight"] = source.take("model.embed_tokens.weight", {model.config.vocab_size, d});
  model.config.tied = member_or(config, "tie_word_embeddings", false, where) || !source.has("lm_head.weight");
  if (!model.config.tied) to["unembedding.weight"] = source.take("lm_head.weight", {model.config.vocab_size, d});
  to["final_norm.weight"] = source.take("model.norm.weight", {d});
  for (std::int64_t i = 0; i < ours.layers; ++i) {
    const std::string here = "layers." + std::to_string(i) + ".", from = "model.layers." + std::to_string(i) + ".";
    const auto take = [&](const std::string& name, std::int64_t columns, std::int64_t inner) {
      return source.take(from + name + ".weight", {columns, inner});
    };
    to[here + "attention_norm.weight"] = source.take(from + "input_layernorm.weight", {d});
    to[here + "attention.qkv.weight"] =
        torch::cat({take("self_attn.q_proj", d, d), take("self_attn.k_proj", kv, d), take("self_attn.v_proj", kv, d)});
    to[here + "attention.out.weight"] = take("self_attn.o_proj", d, d);
    to[here + "feed_forward_norm.weight"] = source.take(from + "post_attention_layernorm.weight", {d});
    to[here + "feed_forward.in.weight"] = torch::cat({take("mlp.gate_proj", f, d), take("mlp.up_proj", f, d)});
    to[here + "feed_forward.out.weight"] = take("mlp.down_proj", d, f);
  }
  return model;
}

}  // namespace

ImportedModel import_hugging_face(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  const std::string where = path.string();
  const nlohmann::json config = read_json(path);
  const auto kind = json_member<std::string>(config, "model_type", where);
  if (kind != "gpt2" && kind != "llama") {
    throw Error(
        {where + ": model_type", "gpt2 or llama", printable(kind), "models of other families cannot be imported"});
  }
  Source source(read_folder(folder), folder.string());
  ImportedModel model = kind == "gpt2" ? import_gpt2(config, source, where) : import_llama(config, source, where);
  source.finish();
  return model;
}

}  // namespace noema
