#include "nn/kv_cache.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"

namespace noema {
namespace {

/// How many slots of real [B,slots] are padding in every row, before the first that is not.
std::int64_t leading_padding(const torch::Tensor& real) {
  const torch::Tensor some = real.any(0);
  return some.any().item<bool>() ? some.to(torch::kInt).argmax().item<std::int64_t>() : real.size(1);
}

}  // namespace

KvCache::KvCache(const TransformerConfig& config, std::int64_t rows, std::int64_t slots, torch::TensorOptions options)
    : max_positions_(config.max_positions),
      mask_(config.mask),
      taps_(config.convolution),
      recent_(static_cast<std::size_t>(config.layers)),
      lengths_(static_cast<std::size_t>(rows), 0) {
  const std::vector<std::int64_t> shape = {rows, config.kv_heads, std::max<std::int64_t>(slots, 1),
                                           config.head_width()};
  for (std::int64_t i = 0; i < config.layers; ++i) {
    layers_.push_back({torch::zeros(shape, options), torch::zeros(shape, options)});
  }
  real_ = torch::zeros({rows, shape[2]}, torch::kBool);
}

Positions KvCache::extend(const std::vector<std::int64_t>& lengths, std::int64_t width, Padding padding) {
  if (lengths.size() != lengths_.size()) {
    throw Error({"KvCache::extend", "a length for each of " + std::to_string(lengths_.size()) + " rows",
                 std::to_string(lengths.size()), ""});
  }
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    if (lengths_[row] + lengths[row] <= max_positions_) continue;
    throw Error({"text", "at most " + std::to_string(max_positions_) + " tokens, question and reasoning together",
                 std::to_string(lengths_[row] + lengths[row]), "ask a shorter question"});
  }
  reserve(used_ + width);
  auto real = real_.accessor<bool, 2>();
  padded_last_ = false;
  for (std::int64_t row = 0; row < rows(); ++row) {
    const std::int64_t length = lengths[static_cast<std::size_t>(row)];
    const std::int64_t first = used_ + (padding == Padding::left ? width - length : 0);
    for (std::int64_t slot = used_; slot < used_ + width; ++slot) {
      real[row][slot] = slot >= first && slot < first + length;
    }
    padded_last_ = padded_last_ || length < width;
  }
  padded_ = padded_ || padded_last_;
  begin_ = used_;
  used_ += width;
  side_ = padding;
  Positions at = positions(lengths, width, padding);
  for (std::size_t row = 0; row < lengths.size(); ++row) lengths_[row] += lengths[row];
  return at;
}

Positions KvCache::positions(const std::vector<std::int64_t>& lengths, std::int64_t width, Padding padding) const {
  Positions at;
  const bool all_see_all = begin_ == 0 && mask_ == TransformerConfig::Mask::prefix;
  at.causal = begin_ == 0 && !padded_ && !all_see_all;
  at.row_tokens = lengths;
  at.index = torch::zeros({rows(), width}, torch::kLong);
  auto index = at.index.accessor<std::int64_t, 2>();
  for (std::int64_t row = 0; row < rows(); ++row) {
    const std::int64_t before = lengths_[static_cast<std::size_t>(row)];
    const std::int64_t length = lengths[static_cast<std::size_t>(row)];
    const std::int64_t first = padding == Padding::left ? width - length : 0;
    for (std::int64_t t = 0; t < length; ++t) index[row][first + t] = before + t;
    at.row_pairs.push_back(all_see_all ? length * length : length * before + length * (length + 1) / 2);
  }
  const torch::Device device = layers_.front().keys.device();
  at.index = at.index.to(device);
  if (at.causal || (!padded_ && (width == 1 || all_see_all))) return at;

  // Every query sees itself, so that a row of padding has something to look at and stays finite.
  const torch::Tensor slot = torch::arange(used_, torch::kLong);
  const torch::Tensor query = torch::arange(begin_, used_, torch::kLong).unsqueeze(1);
  const torch::Tensor real = real_.narrow(1, 0, used_).unsqueeze(1);  // [B,1,K]
  const torch::Tensor seen = all_see_all ? real : real & (slot <= query);
  at.mask = (seen | (slot == query)).unsqueeze(1).to(device);  // [B,1,T,K]
  return at;
}

KvCache::Layer KvCache::write(std::int64_t layer, const torch::Tensor& keys, const torch::Tensor& values) {
  Layer& stored = layers_[static_cast<std::size_t>(layer)];
  stored.keys.narrow(2, begin_, used_ - begin_).copy_(keys);
  stored.values.narrow(2, begin_, used_ - begin_).copy_(values);
  return {stored.keys.narrow(2, 0, used_), stored.values.narrow(2, 0, used_)};
}

torch::Tensor KvCache::recall(std::int64_t layer, const torch::Tensor& x) {
  torch::Tensor& recent = recent_[static_cast<std::size_t>(layer)];
  const std::int64_t before = taps_ - 1, width = x.size(1);
  if (!recent.defined()) recent = torch::zeros({x.size(0), before, x.size(2)}, x.options());
  torch::Tensor all = torch::cat({recent, x}, 1);
  if (!padded_last_) {
    recent = all.narrow(1, width, before).clone();
    return all;
  }
  // What stood before a row's tokens is moved up to them, over the padding; the places of padding get zeros.
  const torch::Tensor real = real_.narrow(1, begin_, width);
  const torch::Tensor lengths = real.sum(1, true);                                                    // [B,1]
  const torch::Tensor first = side_ == Padding::left ? width - lengths : torch::zeros_like(lengths);  // [B,1]
  const torch::Tensor place = torch::arange(before + width, torch::kLong).expand({x.size(0), -1});    // [B,K-1+T]
  torch::Tensor from = torch::where(place < first + before, place - first, place);
  const torch::Tensor is_padding = (place < first) | (place >= first + before + lengths);
  from = from.masked_fill(is_padding, before + width);
  const auto pick = [&](const torch::Tensor& index) {
    return all.gather(1, index.to(x.device()).unsqueeze(-1).expand({-1, -1, x.size(2)}));
  };
  all = torch::cat({all, torch::zeros({x.size(0), 1, x.size(2)}, x.options())}, 1);
  all = pick(from);
  recent = pick(first + lengths + torch::arange(before, torch::kLong));
  return all;
}

void KvCache::keep(const std::vector<std::int64_t>& rows) {
  const torch::Tensor index = torch::tensor(rows, torch::kLong);
  std::vector<std::int64_t> lengths;
  for (std::int64_t row : rows) lengths.push_back(lengths_.at(static_cast<std::size_t>(row)));
  lengths_ = std::move(lengths);
  real_ = real_.index_select(0, index);
  const std::int64_t dead = leading_padding(real_.narrow(1, 0, used_));
  const auto kept = [&](const torch::Tensor& slots) {
    return slots.narrow(2, dead, slots.size(2) - dead).index_select(0, index.to(slots.device()));
  };
  for (Layer& layer : layers_) layer = {kept(layer.keys), kept(layer.values)};
  for (torch::Tensor& recent : recent_) {
    if (recent.defined()) recent = recent.index_select(0, index.to(recent.device()));
  }
  real_ = real_.narrow(1, dead, real_.size(1) - dead).contiguous();
  used_ -= dead;
  note_padding();
}

void KvCache::join(const KvCache& other) {
  const std::int64_t used = std::max(used_, other.used_);
  const std::int64_t slots = std::max(real_.size(1), used);
  const auto joined = [&](const torch::Tensor& mine, const torch::Tensor& theirs, std::int64_t dim) {
    std::vector<std::int64_t> shape = mine.sizes().vec();
    shape[0] += theirs.size(0);
    shape[static_cast<std::size_t>(dim)] = slots;
    torch::Tensor both = torch::zeros(shape, mine.options());
    const auto put = [&](const torch::Tensor& part, std::int64_t row, std::int64_t filled) {
      both.narrow(0, row, part.size(0)).narrow(dim, used - filled, filled).copy_(part.narrow(dim, 0, filled));
    };
    put(mine, 0, used_);
    put(theirs, mine.size(0), other.used_);
    return both;
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    layers_[i] = {joined(layers_[i].keys, other.layers_[i].keys, 2),
                  joined(layers_[i].values, other.layers_[i].values, 2)};
    if (recent_[i].defined()) recent_[i] = torch::cat({recent_[i], other.recent_[i]});
  }
  real_ = joined(real_, other.real_, 1);
  lengths_.insert(lengths_.end(), other.lengths_.begin(), other.lengths_.end());
  used_ = used;
  note_padding();
}

void KvCache::note_padding() { padded_ = !real_.narrow(1, 0, used_).all().item<bool>(); }

void KvCache::reserve(std::int64_t slots) {
  const std::int64_t there = real_.size(1);
  if (slots <= there) return;
  const std::int64_t more = std::max(slots, 2 * there) - there;
  const auto grown = [&](const torch::Tensor& tensor, std::int64_t dim) {
    std::vector<std::int64_t> shape = tensor.sizes().vec();
    shape[static_cast<std::size_t>(dim)] = more;
    return torch::cat({tensor, torch::zeros(shape, tensor.options())}, dim);
  };
  for (Layer& layer : layers_) layer = {grown(layer.keys, 2), grown(layer.values, 2)};
  real_ = grown(real_, 1);
}

}  // namespace noema
