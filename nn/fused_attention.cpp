#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "nn/fused.h"
#include "nn/vectorized.h"

namespace noema {
namespace {

constexpr std::int64_t kWork = 1 << 15;  // multiplications that are worth a thread of their own

NOEMA_VECTORIZED float dot(const float* a, const float* b, std::int64_t width) {
  float sum = 0.0f;
  for (std::int64_t i = 0; i < width; ++i) sum += a[i] * b[i];
  return sum;
}

NOEMA_VECTORIZED void add_scaled(float* to, const float* from, float scale, std::int64_t width) {
  for (std::int64_t i = 0; i < width; ++i) to[i] += scale * from[i];
}

/// Keys or values of one head: one slot after the other.
struct Slots {
  const float* first;
  std::int64_t stride;
  const float* operator[](std::int64_t slot) const { return first + slot * stride; }
};

/// One query over the slots that it may see; those it may not are passed by, so that padding changes nothing.
void attend(const float* query, Slots keys, Slots values, const bool* visible, std::int64_t slots, std::int64_t width,
            float* mixed, std::vector<float>& scores) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  scores.resize(static_cast<std::size_t>(slots));
  float most = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < slots; ++i) {
    if (visible && !visible[i]) continue;
    scores[static_cast<std::size_t>(i)] = scale * dot(query, keys[i], width);
    most = std::max(most, scores[static_cast<std::size_t>(i)]);
  }
  std::fill(mixed, mixed + width, 0.0f);
  float sum = 0.0f;
  for (std::int64_t i = 0; i < slots; ++i) {
    if (visible && !visible[i]) continue;
    const float weight = std::exp(scores[static_cast<std::size_t>(i)] - most);
    sum += weight;
    add_scaled(mixed, values[i], weight, width);
  }
  for (std::int64_t i = 0; i < width; ++i) mixed[i] /= sum;
}

}  // namespace

torch::Tensor attend_one(const torch::Tensor& queries, const torch::Tensor& keys, const torch::Tensor& values,
                         const torch::Tensor& mask) {
  const std::int64_t rows = queries.size(0), heads = queries.size(1), width = queries.size(3), slots = keys.size(2);
  const std::int64_t shared = heads / keys.size(1);
  const torch::Tensor q = queries.contiguous();
  const torch::Tensor seen = mask.defined() ? mask.expand({rows, 1, 1, slots}).contiguous() : mask;
  const torch::Tensor mixed = torch::empty({rows, 1, heads * width}, q.options());
  const float *from = q.const_data_ptr<float>(), *k = keys.const_data_ptr<float>(), *v = values.const_data_ptr<float>();
  const bool* visible = mask.defined() ? seen.const_data_ptr<bool>() : nullptr;
  float* to = mixed.mutable_data_ptr<float>();
  const std::int64_t grain = std::max<std::int64_t>(1, kWork / (slots * width));
  at::parallel_for(0, rows * heads, grain, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scores;
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i / heads, head = i % heads / shared;
      attend(from + i * width, {k + row * keys.stride(0) + head * keys.stride(1), keys.stride(2)},
             {v + row * values.stride(0) + head * values.stride(1), values.stride(2)},
             visible ? visible + row * slots : nullptr, slots, width, to + i * width, scores);
    }
  });
  return mixed;
}

}  // namespace noema
