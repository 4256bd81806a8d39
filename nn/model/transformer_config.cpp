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

}  // namespace

void TransformerConfig::fields(Fields& fields) {
  const Range<std::int64_t> size{1, kLargest};
  fields.add("layers", layers, {1, 1024}, "layers");
  fields.add("width", width, size, "of the hidden states");
  fields.add("heads", heads, size, "of attention; they divide the width");
  fields.add("kv_heads", kv_heads, size, "of keys and values; they divide the heads");
  fields.add("feed_forward", feed_forward, size, "hidden width of the feed-forward blocks");
  fields.add("max_positions", max_positions, size, "longest row");
  fields.add("position", position, {{"rotary", Position::rotary}, {"learned", Position::learned}}, "positions");
  fields.add("norm", norm, {{"rms", Norm::rms}, {"layer", Norm::layer}}, "norm");
  fields.add("activation", activation, {{"swiglu", FeedForward::swiglu}, {"gelu", FeedForward::gelu}}, "feed-forward");
  fields.add("biases", biases, "on every linear map");
  fields.add("convolution", convolution, {0, 16}, "taps over queries, keys and values");
  // Models were causal before it was a choice.
  fields.add("mask", mask, {{"causal", Mask::causal}, {"prefix", Mask::prefix}}, "mask").may_be_missing = true;
  fields.add("norm_epsilon", norm_epsilon, {1e-12}, "of the norm");
  fields.add("rotary_base", rotary_base, {1.0}, "of rotary positions");
}

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

}  // namespace noema
