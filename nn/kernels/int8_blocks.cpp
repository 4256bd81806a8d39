#include "nn/kernels/int8_blocks.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "nn/kernels/parallel.h"
#include "nn/kernels/vectorized.h"

namespace noema::int8 {
namespace {

constexpr std::int64_t kLeastInputs = 1 << 11;  // that are worth a thread of their own

NOEMA_VECTORIZED void quantize(const float* x, std::int8_t* values, float& scale, float& sum) {
  constexpr float kTiny = 1e-36F;  // its reciprocal, 127 times, is finite
  std::uint32_t bits = 0;          // of the greatest size: floats without a sign are in the order of their bits
  for (int i = 0; i < kBlock; ++i) bits = std::max(bits, std::bit_cast<std::uint32_t>(x[i]) & 0x7fffffffU);
  const float greatest = std::bit_cast<float>(bits);
  scale = greatest / 127.0F;
  if (!(greatest > kTiny && greatest <= std::numeric_limits<float>::max())) {
    std::fill_n(values, kBlock, std::int8_t{0});
    sum = scale * 0.0F;
    return;
  }
  const float inverse = 127.0F / greatest;
  std::array<int, kBlock> rounded;  // of its own: `values`, of bytes, might be anything, x too
  for (int i = 0; i < kBlock; ++i) {
    constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: what is added to it is rounded to a whole number
    rounded[i] = std::bit_cast<int>(x[i] * inverse + kRound) - std::bit_cast<int>(kRound);
  }
  int total = 0;
  for (int i = 0; i < kBlock; ++i) {
    total += rounded[i];
    values[i] = static_cast<std::int8_t>(rounded[i]);
  }
  sum = scale * static_cast<float>(total);
}

}  // namespace

Rows quantized_rows(const torch::Tensor& x) {
  const std::int64_t inner = x.size(1);
  Rows rows(x.size(0), inner);
  const auto take = [&rows](const float* block, std::int64_t at) {
    quantize(block, &rows.values[at * kBlock], rows.scales[at], rows.sums[at]);
  };
  const float* all = x.const_data_ptr<float>();
  parallel_for(0, x.size(0), std::max<std::int64_t>(1, kLeastInputs / inner),
               [&](std::int64_t first, std::int64_t last) {
                 for (std::int64_t row = first; row < last; ++row) {
                   const float *from = all + row * inner, *end = from + inner;
                   std::int64_t at = row * rows.blocks;
                   for (; from + kBlock <= end; from += kBlock) take(from, at++);
                   if (from == end) continue;
                   Values padded = {};
                   std::copy(from, end, padded.begin());
                   take(padded.data(), at);
                 }
               });
  return rows;
}

bool Tile8::set(int column, const Values& weights) {
  float greatest = 0.0F;
  for (const float w : weights) greatest = std::max(greatest, std::fabs(w));
  scale[column] = greatest / 127.0F;
  const float step = scale[column];
  for (int i = 0; i < kBlock; ++i) {
    const float value = step > 0.0F ? std::round(weights[i] / step) : 0.0F;
    values[i / 4][column][i % 4] = static_cast<std::int8_t>(std::clamp(value, -127.0F, 127.0F));
  }
  return true;
}

void Tile4::set_steps(int column, const Values& weights, float step, float from) {
  scale[column] = step;
  lowest[column] = from;
  const float exact = scale[column], begin = lowest[column];
  for (int i = 0; i < kBlock; ++i) {
    const float steps = exact > 0.0F ? std::round((weights[i] - begin) / exact) : 0.0F;
    const auto value = static_cast<std::uint8_t>(std::clamp(steps, 0.0F, 15.0F));
    std::uint8_t& both = values[i / 4 % 4][column][i % 4];
    both = i < kBlock / 2 ? static_cast<std::uint8_t>((both & 0xF0) | value)
                          : static_cast<std::uint8_t>((both & 0x0F) | value << 4);
  }
}

bool Tile4::fits(int column, const Values& weights) const {
  float greatest = 0.0F, error = 0.0F;
  for (int i = 0; i < kBlock; ++i) {
    const float told = static_cast<float>(scale[column]) * static_cast<float>(value(i, column)) + least(column);
    greatest = std::max(greatest, std::fabs(weights[i]));
    error = std::max(error, std::fabs(weights[i] - told));
  }
  return error <= greatest / 128.0F;
}

bool Tile4::set(int column, const Values& weights) {
  const auto [low, high] = std::minmax_element(weights.begin(), weights.end());
  set_steps(column, weights, (*high - *low) / 15.0F, *low);
  if (fits(column, weights)) return true;
  const bool is_below = -*low > *high;
  const float step = (is_below ? -*low : *high) / 8.0F;
  set_steps(column, weights, step, is_below ? *low : -7.0F * step);
  return fits(column, weights);
}

}  // namespace noema::int8
