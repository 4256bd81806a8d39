#include "nn/equalize.h"

#include <torch/torch.h>

#include <algorithm>
#include <string>

namespace noema {
namespace {

/// The greatest size of each column of what the products of one pass read, one after the other.
class ColumnSizes final : public ComputeObserver {
 public:
  void on_input(const torch::Tensor& x) override { sizes_.push_back(x.abs().flatten(0, -2).amax(0)); }
  const std::vector<torch::Tensor>& sizes() const { return sizes_; }

 private:
  std::vector<torch::Tensor> sizes_;
};

/// Products of a layer, in the order in which they run.
enum Product { qkv, attention_out, feed_forward_in, feed_forward_out, products };

/// One layer's tensors, and the factors that its products' columns get.
class LayerEqualizer {
 public:
  LayerEqualizer(const TransformerConfig& config, TensorMap& tensors, std::int64_t layer)
      : config_(config), tensors_(tensors), prefix_("layers." + std::to_string(layer) + ".") {}

  void behind_norm(const std::string& norm, const std::string& product, const torch::Tensor& sizes) {
    const torch::Tensor factors = factors_of(sizes, tensor(product + ".weight"));
    tensor(norm + ".weight").div_(factors);
    if (has(norm + ".bias")) tensor(norm + ".bias").div_(factors);
    tensor(product + ".weight").mul_(factors);
  }

  /// What attention mixes are rows of the values; heads that share them share the factors.
  void behind_values(const torch::Tensor& sizes) {
    const torch::Tensor weight = tensor("attention.out.weight");
    const std::int64_t width = config_.head_width(), shared = config_.heads / config_.kv_heads;
    const auto by_value = [&](const torch::Tensor& columns) {
      return columns.view({config_.kv_heads, shared, width}).amax(1).flatten();  // [Hkv*Dh]
    };
    const torch::Tensor factors = factors_from(by_value(sizes), by_value(weight.abs().amax(0)));
    divide_rows("attention.qkv", (config_.heads + config_.kv_heads) * width, factors);
    weight.mul_(factors.view({config_.kv_heads, 1, width}).expand({-1, shared, -1}).reshape({-1}));
  }

  /// Of SwiGLU the half that is not gated.
  void behind_gate(const torch::Tensor& sizes) {
    const torch::Tensor weight = tensor("feed_forward.out.weight");
    const torch::Tensor factors = factors_of(sizes, weight);
    divide_rows("feed_forward.in", config_.feed_forward, factors);
    weight.mul_(factors);
  }

 private:
  bool has(const std::string& name) const { return tensors_.contains(prefix_ + name); }
  torch::Tensor tensor(const std::string& name) const { return tensors_.at(prefix_ + name); }

  static torch::Tensor factors_from(const torch::Tensor& sizes, const torch::Tensor& weights) {
    return (sizes.clamp_min(1e-5) / weights.clamp_min(1e-5)).sqrt().clamp(1e-3, 1e3);
  }
  static torch::Tensor factors_of(const torch::Tensor& sizes, const torch::Tensor& weight) {
    return factors_from(sizes, weight.abs().amax(0));
  }

  void divide_rows(const std::string& product, std::int64_t first, const torch::Tensor& factors) const {
    tensor(product + ".weight").narrow(0, first, factors.size(0)).div_(factors.unsqueeze(1));
    if (has(product + ".bias")) tensor(product + ".bias").narrow(0, first, factors.size(0)).div_(factors);
  }

  const TransformerConfig& config_;
  TensorMap& tensors_;
  std::string prefix_;
};

std::vector<torch::Tensor> column_sizes(const LanguageModelConfig& config, const TensorMap& tensors,
                                        const torch::Tensor& text) {
  Weights weights(tensors, "equalize");
  const LanguageModel model(config, weights);
  ColumnSizes sizes;
  const std::int64_t count = std::min(text.size(0), config.transformer.max_positions);
  const Positions at = causal_positions({count}, count, torch::kCPU);
  model.hidden(model.embed(text.narrow(0, 0, count).view({1, -1})), {at, nullptr, &sizes});
  return sizes.sizes();
}

}  // namespace

void equalize(const LanguageModelConfig& config, TensorMap& tensors, const torch::Tensor& text) {
  const torch::NoGradGuard no_grad;
  const std::vector<torch::Tensor> sizes = column_sizes(config, tensors, text);
  for (auto& [name, tensor] : tensors) {
    if (name.starts_with("layers.")) tensor = tensor.clone();  // it may lie in a file that is only read
  }
  for (std::int64_t layer = 0; layer < config.transformer.layers; ++layer) {
    const auto of = [&](Product product) { return sizes[static_cast<std::size_t>(layer * products + product)]; };
    LayerEqualizer equalizer(config.transformer, tensors, layer);
    equalizer.behind_norm("attention_norm", "attention.qkv", of(qkv));
    equalizer.behind_values(of(attention_out));
    equalizer.behind_norm("feed_forward_norm", "feed_forward.in", of(feed_forward_in));
    const bool is_gated = config.transformer.activation == TransformerConfig::FeedForward::swiglu;
    if (is_gated) equalizer.behind_gate(of(feed_forward_out));
  }
}

}  // namespace noema
