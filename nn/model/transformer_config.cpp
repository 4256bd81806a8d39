#include "nn/model/transformer_config.h"

#include <tuple>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

constexpr std::int64_t kLargest = 1 << 20;
constexpr std::int64_t kLargestTable = 1 << 25;  // angles of rotary positions, which no file's size vouches for

void require(bool holds, const std::string& where, const std::string& expected, std::int64_t found) {
  if (!holds) throw Error({where, expected, std::to_string(found), "correct the architecture"});
}

/// One of two words, as the enumerator it stands for.
template <typename Choice>
Choice choice(const nlohmann::json& json, const std::string& key, const std::string& where, const char* first,
              Choice if_first, const char* second, Choice if_second) {
  const auto word = json_member<std::string>(json, key, where);
  if (word == first) return if_first;
  if (word == second) return if_second;
  throw Error({where + ": " + key, std::string("\"") + first + "\" or \"" + second + "\"", printable(word), ""});
}

}  // namespace

void TransformerConfig::check(const std::string& where) const {
  for (const auto& [name, size] : {std::pair{"layers", layers},
                                   {"width", width},
                                   {"heads", heads},
                                   {"kv_heads", kv_heads},
                                   {"feed_forward", feed_forward},
                                   {"max_positions", max_positions}}) {
    require(size > 0 && size <= kLargest, where + ": " + name, "a whole number from 1 to " + std::to_string(kLargest),
            size);
  }
  require(layers <= 1024, where + ": layers", "at most 1024", layers);
  require(width % heads == 0, where + ": heads", "a divisor of the width " + std::to_string(width), heads);
  require(heads % kv_heads == 0, where + ": kv_heads", "a divisor of the heads " + std::to_string(heads), kv_heads);
  require(position != Position::rotary || head_width() % 2 == 0, where + ": width / heads", "an even number",
          head_width());
  require(max_positions * head_width() <= kLargestTable, where + ": max_positions",
          "at most " + std::to_string(kLargestTable / head_width()) + " for heads of this width", max_positions);
  require(convolution >= 0 && convolution <= 16, where + ": convolution", "a whole number from 0 to 16", convolution);
  for (const auto& [name, number, least] :
       {std::tuple{"norm_epsilon", norm_epsilon, 1e-12}, {"rotary_base", rotary_base, 1.0}}) {
    if (number >= least) continue;
    throw Error({where + ": " + name, "a number from " + nlohmann::json(least).dump(), nlohmann::json(number).dump(),
                 "correct the architecture"});
  }
}

TransformerConfig gpt2_style(std::int64_t layers, std::int64_t width, std::int64_t heads, std::int64_t max_positions) {
  TransformerConfig config;
  config.layers = layers;
  config.width = width;
  config.heads = config.kv_heads = heads;
  config.feed_forward = 4 * width;
  config.max_positions = max_positions;
  config.position = TransformerConfig::Position::learned;
  config.norm = TransformerConfig::Norm::layer;
  config.activation = TransformerConfig::FeedForward::gelu;
  config.biases = true;
  return config;
}

TransformerConfig llama_style(std::int64_t layers, std::int64_t width, std::int64_t heads, std::int64_t kv_heads,
                              std::int64_t feed_forward, std::int64_t max_positions) {
  TransformerConfig config;
  config.layers = layers;
  config.width = width;
  config.heads = heads;
  config.kv_heads = kv_heads;
  config.feed_forward = feed_forward;
  config.max_positions = max_positions;
  return config;
}

nlohmann::json to_json(const TransformerConfig& config) {
  nlohmann::json json = {
      {"layers", config.layers},
      {"width", config.width},
      {"heads", config.heads},
      {"kv_heads", config.kv_heads},
      {"feed_forward", config.feed_forward},
      {"max_positions", config.max_positions},
      {"position", config.position == TransformerConfig::Position::rotary ? "rotary" : "learned"},
      {"norm", config.norm == TransformerConfig::Norm::rms ? "rms" : "layer"},
      {"activation", config.activation == TransformerConfig::FeedForward::swiglu ? "swiglu" : "gelu"},
      {"biases", config.biases},
      {"convolution", config.convolution},
      {"norm_epsilon", config.norm_epsilon},
      {"rotary_base", config.rotary_base}};
  if (config.mask == TransformerConfig::Mask::prefix) json["mask"] = "prefix";
  return json;
}

TransformerConfig transformer_config(const nlohmann::json& json, const std::string& where) {
  TransformerConfig config;
  config.layers = json_member<std::int64_t>(json, "layers", where);
  config.width = json_member<std::int64_t>(json, "width", where);
  config.heads = json_member<std::int64_t>(json, "heads", where);
  config.kv_heads = json_member<std::int64_t>(json, "kv_heads", where);
  config.feed_forward = json_member<std::int64_t>(json, "feed_forward", where);
  config.max_positions = json_member<std::int64_t>(json, "max_positions", where);
  config.position = choice(json, "position", where, "rotary", TransformerConfig::Position::rotary, "learned",
                           TransformerConfig::Position::learned);
  config.norm =
      choice(json, "norm", where, "rms", TransformerConfig::Norm::rms, "layer", TransformerConfig::Norm::layer);
  config.activation = choice(json, "activation", where, "swiglu", TransformerConfig::FeedForward::swiglu, "gelu",
                             TransformerConfig::FeedForward::gelu);
  config.biases = json_member<bool>(json, "biases", where);
  config.convolution = json_member<std::int64_t>(json, "convolution", where);
  if (json.contains("mask")) {  // models were causal before it was a choice
    config.mask = choice(json, "mask", where, "causal", TransformerConfig::Mask::causal, "prefix",
                         TransformerConfig::Mask::prefix);
  }
  config.norm_epsilon = json_member<double>(json, "norm_epsilon", where);
  config.rotary_base = json_member<double>(json, "rotary_base", where);
  config.check(where);
  return config;
}

}  // namespace noema
