#include "nn/model/kv_cache.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

/// How many slots of real [B,slots] are padding in every row, before the first that is not.
std::int64_t leading_padding(const torch::Tensor& real) {
  const torch::Tensor some = real.any(0).cpu();
  return some.any().item<bool>() ? some.to(torch::kInt).argmax().item<std::int64_t>() : real.size(1);
}

}  // namespace

KvCache::KvCache(const TransformerConfig& config, std::int64_t rows, std::int64_t slots, torch::TensorOptions options)
    : max_positions_(config.max_positions),
      mask_(config.mask),
      taps_(config.convolution),
      lengths_(static_cast<std::size_t>(rows), 0) {
  const std::vector<std::int64_t> shape = {rows, config.kv_heads, std::max<std::int64_t>(slots, 1),
                                           config.head_width()};
  for (std::int64_t i = 0; i < config.layers; ++i) {
    layers_.push_back({torch::zeros(shape, options), torch::zeros(shape, options)});
    if (taps_ == 0) continue;
    recent_.push_back(torch::zeros({rows, taps_ - 1, (config.heads + 2 * config.kv_heads) * shape[3]}, options));
  }
  real_ = torch::zeros({rows, shape[2]}, options.dtype(torch::kBool));
  next_ = torch::zeros({rows}, options.dtype(torch::kLong));
}

Positions KvCache::extend(const std::vector<std::int64_t>& lengths, std::int64_t width, Padding padding) {
  check_room(lengths);
  reserve(used_ + width);
  torch::Tensor taken = torch::zeros({rows(), width}, torch::kBool);
  auto is_real = taken.accessor<bool, 2>();
  padded_last_ = false;
  for (std::int64_t row = 0; row < rows(); ++row) {
    const std::int64_t length = lengths[static_cast<std::size_t>(row)];
    const std::int64_t first = padding == Padding::left ? width - length : 0;
    for (std::int64_t t = first; t < first + length; ++t) is_real[row][t] = true;
    padded_last_ = padded_last_ || length < width;
  }
  real_.narrow(1, used_, width).copy_(taken);
  padded_ = padded_ || padded_last_;
  begin_ = used_;
  used_ += width;
  side_ = padding;
  Positions at = positions(lengths, width, padding);
  for (std::size_t row = 0; row < lengths.size(); ++row) lengths_[row] += lengths[row];
  next_ = index_tensor(lengths_, next_.device());
  return at;
}

Positions KvCache::extend() {
  Positions at;
  at.row_tokens.assign(lengths_.size(), 1);
  at.index = next_.unsqueeze(1);
  take(1);
  at.causal = false;
  if (padded_) at.mask = real_.narrow(1, 0, used_).unsqueeze(1).unsqueeze(1);  // [B,1,1,K]
  at.row_pairs = lengths_;
  return at;
}

void KvCache::take(std::int64_t slots) {
  check_room(std::vector<std::int64_t>(lengths_.size(), slots));
  reserve(used_ + slots);
  real_.narrow(1, used_, slots).fill_(true);
  begin_ = used_;
  used_ += slots;
  padded_last_ = false;
  next_ = next_ + slots;
  for (std::int64_t& length : lengths_) length += slots;
}

void KvCache::check_room(const std::vector<std::int64_t>& lengths) const {
  if (lengths.size() != lengths_.size()) {
    throw Error({"KvCache::extend", "a length for each of " + std::to_string(lengths_.size()) + " rows",
                 std::to_string(lengths.size()), ""});
  }
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    if (lengths_[row] + lengths[row] <= max_positions_) continue;
    throw Error({"text", "at most " + std::to_string(max_positions_) + " tokens, question and reasoning together",
                 std::to_string(lengths_[row] + lengths[row]), "ask a shorter question"});
  }
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
  at.index = at.index.to(real_.device());
  if (at.causal || (!padded_ && (width == 1 || all_see_all))) return at;

  // Every query sees itself, so that a row of padding has something to look at and stays finite.
  const torch::Tensor slot = torch::arange(used_, next_.options());
  const torch::Tensor query = torch::arange(begin_, used_, next_.options()).unsqueeze(1);
  const torch::Tensor real = real_.narrow(1, 0, used_).unsqueeze(1);  // [B,1,K]
  const torch::Tensor seen = all_see_all ? real : real & (slot <= query);
  at.mask = (seen | (slot == query)).unsqueeze(1);  // [B,1,T,K]
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
  torch::Tensor all = torch::cat({recent, x}, 1);
  if (!padded_last_) {
    recent = all.narrow(1, width, before).clone();
    return all;
  }
  // What stood before a row's tokens is moved up to them, over the padding; the places of padding get zeros.
  const torch::Tensor real = real_.narrow(1, begin_, width);
  const torch::Tensor lengths = real.sum(1, true);                                                     // [B,1]
  const torch::Tensor first = side_ == Padding::left ? width - lengths : torch::zeros_like(lengths);   // [B,1]
  const torch::Tensor place = torch::arange(before + width, next_.options()).expand({x.size(0), -1});  // [B,K-1+T]
  torch::Tensor from = torch::where(place < first + before, place - first, place);
  const torch::Tensor is_padding = (place < first) | (place >= first + before + lengths);
  from = from.masked_fill(is_padding, before + width);
  const auto pick = [&](const torch::Tensor& index) {
    return all.gather(1, index.unsqueeze(-1).expand({-1, -1, x.size(2)}));
  };
  all = torch::cat({all, torch::zeros({x.size(0), 1, x.size(2)}, x.options())}, 1);
  all = pick(from);
  recent = pick(first + lengths + torch::arange(before, next_.options()));
  return all;
}

void KvCache::keep(const std::vector<std::int64_t>& rows) {
  const torch::Tensor index = index_tensor(rows, real_.device());
  std::vector<std::int64_t> lengths;
  for (std::int64_t row : rows) lengths.push_back(lengths_.at(static_cast<std::size_t>(row)));
  lengths_ = std::move(lengths);
  next_ = next_.index_select(0, index);
  real_ = real_.index_select(0, index);
  const std::int64_t dead = padded_ ? leading_padding(real_.narrow(1, 0, used_)) : 0;
  const auto kept = [&](const torch::Tensor& slots) {
    return slots.narrow(2, dead, slots.size(2) - dead).index_select(0, index);
  };
  for (Layer& layer : layers_) layer = {kept(layer.keys), kept(layer.values)};
  for (torch::Tensor& recent : recent_) recent = recent.index_select(0, index);
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
  }
  for (std::size_t i = 0; i < recent_.size(); ++i) recent_[i] = torch::cat({recent_[i], other.recent_[i]});
  real_ = joined(real_, other.real_, 1);
  lengths_.insert(lengths_.end(), other.lengths_.begin(), other.lengths_.end());
  next_ = torch::cat({next_, other.next_});
  used_ = used;
  note_padding();
}

void KvCache::assign(const KvCache& other) {
  const auto put = [&](const torch::Tensor& all, const torch::Tensor& part, std::int64_t dim) {
    const std::int64_t filled = other.used_;
    all.narrow(0, 0, part.size(0)).narrow(dim, used_ - filled, filled).copy_(part.narrow(dim, 0, filled));
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    put(layers_[i].keys, other.layers_[i].keys, 2);
    put(layers_[i].values, other.layers_[i].values, 2);
  }
  for (std::size_t i = 0; i < recent_.size(); ++i) recent_[i].narrow(0, 0, other.rows()).copy_(other.recent_[i]);
  real_.zero_();
  put(real_, other.real_, 1);
  next_.zero_();
  next_.narrow(0, 0, other.rows()).copy_(other.next_);
  std::fill(lengths_.begin(), lengths_.end(), 0);
  std::copy(other.lengths_.begin(), other.lengths_.end(), lengths_.begin());
}

void KvCache::append_last(const KvCache& other, std::int64_t slots) {
  take(slots);
  const auto last = [&](const KvCache& cache, const torch::Tensor& all) {
    return all.narrow(0, 0, rows()).narrow(2, cache.used_ - slots, slots);
  };
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    last(*this, layers_[i].keys).copy_(last(other, other.layers_[i].keys));
    last(*this, layers_[i].values).copy_(last(other, other.layers_[i].values));
  }
  for (std::size_t i = 0; i < recent_.size(); ++i) recent_[i] = other.recent_[i].narrow(0, 0, rows()).clone();
}

void KvCache::note_padding() {
  padded_ = std::any_of(lengths_.begin(), lengths_.end(), [&](std::int64_t length) { return length < used_; });
}

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
