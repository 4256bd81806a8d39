#include "nn/model/layers.h"

#include <torch/torch.h>

#include <cmath>
#include <limits>

#include "nn/kernels/attend_one.h"
#include "nn/kernels/fused.h"
#include "nn/kernels/linear_product.h"
#include "nn/kernels/short_convolution.h"

namespace noema {
namespace {

/// GPT-2, section 2.3: what is added to the residual stream starts smaller the more layers add to it.
double residual_deviation(const TransformerConfig& config) {
  return 0.02 / std::sqrt(2.0 * static_cast<double>(config.layers));
}

}  // namespace

Linear::Linear(WeightScope weights, std::int64_t inner, std::int64_t columns, bool bias, double deviation)
    : columns_(columns),
      inner_(inner),
      weight_(weights.get("weight", {columns, inner}, Init::normal(deviation))),
      adapter_(make_lora(weights, inner, columns)) {
  if (bias) bias_ = weights.get("bias", {columns}, Init::zeros());
  lay_out(weights.precision());
}

Linear::Linear(const torch::Tensor& weight, Precision precision)
    : columns_(weight.size(0)), inner_(weight.size(1)), weight_(weight) {
  lay_out(precision);
}

void Linear::lay_out(Precision precision) {
  kernel_ = make_linear_kernel(precision, weight_, bias_);
  if (kernel_) weight_.reset();
}

torch::Tensor Linear::operator()(const torch::Tensor& x, const Pass& pass) const {
  if (pass.observer) {
    pass.observer->on_linear(pass.at, inner_, columns_);
    pass.observer->on_weights(kernel_ ? kernel_->bytes() : static_cast<std::int64_t>(weight_.nbytes()));
  }
  const torch::Tensor y = product(x);
  return adapter_ ? y + (*adapter_)(x) : y;
}

torch::Tensor Linear::product(const torch::Tensor& x) const {
  if (!kernel_) return linear_product(x, weight_, bias_);
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = columns_;
  return (*kernel_)(x.reshape({-1, inner_}).contiguous()).view(shape);
}

Norm::Norm(WeightScope weights, const TransformerConfig& config)
    : weight_(weights.get("weight", {config.width}, Init::ones())), epsilon_(config.norm_epsilon) {
  if (config.norm == TransformerConfig::Norm::layer) bias_ = weights.get("bias", {config.width}, Init::zeros());
}

torch::Tensor Norm::operator()(const torch::Tensor& x) const {
  const auto shape = weight_.sizes();
  return bias_.defined() ? at::layer_norm(x, shape, weight_, bias_, epsilon_) : rms_norm(x, weight_, epsilon_);
}

Rotary::Rotary(const TransformerConfig& config, torch::Device device) {
  const torch::Tensor even = torch::arange(0, config.head_width(), 2, torch::kFloat64);
  const torch::Tensor frequency = torch::pow(config.rotary_base, -even / static_cast<double>(config.head_width()));
  const torch::Tensor angle = torch::outer(torch::arange(config.max_positions, torch::kFloat64), frequency);
  cosine_ = angle.cos().to(device, torch::kFloat32);
  sine_ = angle.sin().to(device, torch::kFloat32);
}

torch::Tensor Rotary::operator()(const torch::Tensor& x, const Positions& at) const {
  return rotate(x, at.index, cosine_, sine_);
}

Attention::Attention(WeightScope weights, const TransformerConfig& config, std::int64_t layer, const Rotary* rotary)
    : layer_(layer),
      heads_(config.heads),
      kv_heads_(config.kv_heads),
      head_width_(config.head_width()),
      rotary_(rotary),
      qkv_(weights / "qkv", config.width, (config.heads + 2 * config.kv_heads) * config.head_width(), config.biases),
      out_(weights / "out", config.width, config.width, config.biases, residual_deviation(config)) {
  if (config.convolution == 0) return;
  convolution_ =
      weights.get("convolution.weight", {config.convolution, 1, (heads_ + 2 * kv_heads_) * head_width_}, Init::zeros());
}

torch::Tensor Attention::convolved(const torch::Tensor& fused, const Pass& pass) const {
  const std::int64_t taps = convolution_.size(0);
  if (pass.observer) pass.observer->on_linear(pass.at, taps, convolution_.size(2));
  return short_convolution(
      pass.cache ? pass.cache->recall(layer_, fused) : at::constant_pad_nd(fused, {0, 0, taps - 1, 0}), convolution_);
}

torch::Tensor Attention::operator()(const torch::Tensor& x, const Pass& pass) const {
  return out_(mix(qkv_(x, pass), pass), pass);
}

torch::Tensor Attention::mix(torch::Tensor fused, const Pass& pass) const {
  const std::int64_t batch = fused.size(0), tokens = fused.size(1);
  // On CPUs bf16 attention was measured 3.6 times slower than fp32 attention for narrow heads (64 rows of 80 tokens, 5
  // heads of 32): its blocks are too small to pay for the calls.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  if (fused.is_cpu() && fused.scalar_type() == torch::kBFloat16) fused = fused.to(torch::kFloat32);
  if (convolution_.defined()) fused = convolved(fused, pass);
  fused = fused.view({batch, tokens, heads_ + 2 * kv_heads_, head_width_});
  const torch::Tensor turned = fused.narrow(2, 0, heads_ + kv_heads_);
  const torch::Tensor both = rotary_ ? (*rotary_)(turned, pass.at) : turned.transpose(1, 2);
  const torch::Tensor queries = both.narrow(1, 0, heads_);  // [B,H,T,Dh]
  torch::Tensor keys = both.narrow(1, heads_, kv_heads_);   // [B,Hkv,T,Dh]
  torch::Tensor values = fused.narrow(2, heads_ + kv_heads_, kv_heads_).transpose(1, 2);
  if (pass.cache) {
    const KvCache::Layer all = pass.cache->write(layer_, keys, values);
    keys = all.keys;
    values = all.values;
  }
  if (pass.observer) pass.observer->on_attention(pass.at, heads_ * head_width_);
  if (pass.observer && pass.observer->wants_attention()) show_weights(queries, keys, pass);
  const bool plain = fused.is_cpu() && fused.scalar_type() == torch::kFloat32 && !at::GradMode::is_enabled();
  if (pass.cache && tokens == 1 && plain) return attend_one(queries, keys, values, pass.at.mask);
  std::optional<torch::Tensor> mask;
  if (pass.at.mask.defined()) mask = pass.at.mask;
  const bool causal = pass.at.causal && tokens > 1;
  const torch::Tensor mixed = at::scaled_dot_product_attention(queries, keys, values, mask, 0.0, causal, std::nullopt,
                                                               heads_ != kv_heads_);  // [B,H,T,Dh]
  return mixed.transpose(1, 2).reshape({batch, tokens, heads_ * head_width_});
}

void Attention::show_weights(const torch::Tensor& queries, const torch::Tensor& keys, const Pass& pass) const {
  const torch::Tensor last = queries.narrow(2, queries.size(2) - 1, 1);          // [B,H,1,Dh]
  const torch::Tensor all = keys.repeat_interleave(heads_ / kv_heads_, 1).mT();  // [B,H,Dh,K]
  torch::Tensor scores = at::matmul(last, all).squeeze(2) / std::sqrt(static_cast<double>(head_width_));
  if (pass.at.mask.defined()) {
    scores = scores.masked_fill(~pass.at.mask.select(2, -1), -std::numeric_limits<float>::infinity());
  }
  pass.observer->on_attention_weights(static_cast<int>(layer_), pass.at, scores.softmax(-1));
}

FeedForward::FeedForward(WeightScope weights, const TransformerConfig& config)
    : gated_(config.activation == TransformerConfig::FeedForward::swiglu),
      in_(weights / "in", config.width, config.feed_forward * (gated_ ? 2 : 1), config.biases),
      out_(weights / "out", config.feed_forward, config.width, config.biases, residual_deviation(config)) {}

torch::Tensor FeedForward::operator()(const torch::Tensor& x, const Pass& pass) const {
  const torch::Tensor hidden = in_(x, pass);
  if (!gated_) return out_(at::gelu(hidden, "tanh"), pass);
  return out_(swiglu(hidden), pass);
}

TransformerLayer::TransformerLayer(WeightScope weights, const TransformerConfig& config, std::int64_t layer,
                                   const Rotary* rotary)
    : attention_norm_(weights / "attention_norm", config),
      attention_(weights / "attention", config, layer, rotary),
      feed_forward_norm_(weights / "feed_forward_norm", config),
      feed_forward_(weights / "feed_forward", config) {}

torch::Tensor TransformerLayer::operator()(torch::Tensor x, const Pass& pass) const {
  x = x + attention_(attention_norm_(x), pass);
  return x + feed_forward_(feed_forward_norm_(x), pass);
}

}  // namespace noema
