#include "decoding/flops.h"

#include <string>

#include "base/error.h"
#include "nn/model/positions.h"

namespace noema {

void FlopCounter::on_linear(const Positions& at, std::int64_t inner, std::int64_t columns) {
  add(at.row_tokens, 2.0 * static_cast<double>(inner) * static_cast<double>(columns));
}

void FlopCounter::on_attention(const Positions& at, std::int64_t width) {
  add(at.row_pairs, 4.0 * static_cast<double>(width));
}

void FlopCounter::add(const std::vector<std::int64_t>& counts, double each) {
  if (counts.size() != rows_.size()) {
    throw Error({"FlopCounter", "a pass of " + std::to_string(rows_.size()) + " rows, as was announced",
                 std::to_string(counts.size()), ""});
  }
  if (phase_ == Phase::view) return;  // what only people read is not part of the reasoning
  for (std::size_t row = 0; row < counts.size(); ++row) {
    const double flops = each * static_cast<double>(counts[row]);
    all_[rows_[row]] += flops;
    if (phase_ == Phase::prefill) prefill_[rows_[row]] += flops;
  }
}

double transformer_flops(const TransformerConfig& config, std::int64_t tokens, std::int64_t before) {
  const auto d = static_cast<double>(config.width), n = static_cast<double>(tokens);
  const double key_width = static_cast<double>(config.kv_heads * config.head_width());
  const double matrices = config.activation == TransformerConfig::FeedForward::swiglu ? 3.0 : 2.0;
  const double weights = d * (2.0 * d + 2.0 * key_width) + matrices * d * static_cast<double>(config.feed_forward);
  const double pairs = n * static_cast<double>(before) + n * (n + 1.0) / 2.0;
  return static_cast<double>(config.layers) * (2.0 * weights * n + 4.0 * d * pairs);
}

}  // namespace noema
