#include "nn/kernels/attend_one.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "nn/kernels/fast_exp.h"
#include "nn/kernels/parallel.h"
#include "nn/kernels/vectorized.h"

namespace noema {
namespace {

constexpr std::int64_t kLanes = 32;
constexpr std::int64_t kWork = 1 << 15;  // multiplications that are worth a thread of their own

/// Keys or values of one head: one slot after the other.
struct Slots {
  const float* first;
  std::int64_t stride;
};

/// One query over `count` slots; `scores` is room for as many numbers.
NOEMA_VECTORIZED void attend(const float* query, Slots keys, Slots values, const std::int64_t* seen, std::int64_t count,
                             std::int64_t width, float* scores, float* mixed) {
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  float most = -std::numeric_limits<float>::infinity();
  for (std::int64_t i = 0; i < count; ++i) {
    const float* key = keys.first + seen[i] * keys.stride;
    float sum = 0.0f;
    for (std::int64_t d = 0; d < width; ++d) sum += query[d] * key[d];
    scores[i] = scale * sum;
    most = std::max(most, scores[i]);
  }
  float sum = 0.0f;
  for (std::int64_t i = 0; i < count; ++i) {
    scores[i] = fast_exp(scores[i] - most);
    sum += scores[i];
  }
  std::int64_t d = 0;
  for (; d + kLanes <= width; d += kLanes) {
    float sums[kLanes] = {};  // stay in registers until all slots are added
    for (std::int64_t i = 0; i < count; ++i) {
      const float* value = values.first + seen[i] * values.stride + d;
      for (std::int64_t lane = 0; lane < kLanes; ++lane) sums[lane] += scores[i] * value[lane];
    }
    for (std::int64_t lane = 0; lane < kLanes; ++lane) mixed[d + lane] = sums[lane] / sum;
  }
  for (; d < width; ++d) {
    float rest = 0.0f;
    for (std::int64_t i = 0; i < count; ++i) rest += scores[i] * values.first[seen[i] * values.stride + d];
    mixed[d] = rest / sum;
  }
}

/// The slots that a row sees; padding is left out, so that it changes nothing.
std::vector<std::int64_t> seen_slots(const bool* visible, std::int64_t slots) {
  std::vector<std::int64_t> seen;
  for (std::int64_t i = 0; i < slots; ++i) {
    if (!visible || visible[i]) seen.push_back(i);
  }
  return seen;
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
  std::vector<std::vector<std::int64_t>> seen_by;
  for (std::int64_t row = 0; row < rows; ++row) {
    seen_by.push_back(seen_slots(visible ? visible + row * slots : nullptr, slots));
  }
  parallel_for(0, rows * heads, grain, [&](std::int64_t begin, std::int64_t end) {
    std::vector<float> scores(static_cast<std::size_t>(slots));
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i / heads, head = i % heads / shared;
      const auto& seen_here = seen_by[static_cast<std::size_t>(row)];
      attend(from + i * width, {k + row * keys.stride(0) + head * keys.stride(1), keys.stride(2)},
             {v + row * values.stride(0) + head * values.stride(1), values.stride(2)}, seen_here.data(),
             static_cast<std::int64_t>(seen_here.size()), width, scores.data(), to + i * width);
    }
  });
  return mixed;
}

}  // namespace noema
