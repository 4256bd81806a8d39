#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "nn/fused.h"
#include "nn/parallel.h"
#include "nn/vectorized.h"

namespace noema {
namespace {

constexpr std::int64_t kWork = 1 << 16;  // multiplications that are worth a thread of their own

/// The products of x with four rows of w that lie one after the other, side by side.
NOEMA_VECTORIZED void multiply_four(const float* x, const float* w, std::int64_t inner, float* y) {
  const float *w1 = w + inner, *w2 = w1 + inner, *w3 = w2 + inner;
  float sum0 = 0.0f, sum1 = 0.0f, sum2 = 0.0f, sum3 = 0.0f;
  for (std::int64_t i = 0; i < inner; ++i) {
    sum0 += x[i] * w[i];
    sum1 += x[i] * w1[i];
    sum2 += x[i] * w2[i];
    sum3 += x[i] * w3[i];
  }
  y[0] = sum0;
  y[1] = sum1;
  y[2] = sum2;
  y[3] = sum3;
}

NOEMA_VECTORIZED void multiply_one(const float* x, const float* w, std::int64_t inner, float* y) {
  float sum = 0.0f;
  for (std::int64_t i = 0; i < inner; ++i) sum += x[i] * w[i];
  *y = sum;
}

/// MKL multiplies a vector with SSE2 alone on processors of other makers than its own.
bool library_is_slow() {
#if defined(__x86_64__)
  static const bool is_slow = !__builtin_cpu_is("intel");
  return is_slow;
#else
  return false;
#endif
}

bool needs_gradient(const torch::Tensor& x, const torch::Tensor& weight) {
  return at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad());
}

bool is_ours(const torch::Tensor& x, const torch::Tensor& weight) {
  return library_is_slow() && x.numel() == weight.size(1) && x.is_cpu() && x.scalar_type() == torch::kFloat32 &&
         weight.scalar_type() == torch::kFloat32 && weight.is_contiguous() && !needs_gradient(x, weight);
}

}  // namespace

torch::Tensor linear_product(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  if (!is_ours(x, weight)) return at::linear(x, weight, bias);
  const std::int64_t columns = weight.size(0), inner = weight.size(1);
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = columns;
  const torch::Tensor row = x.contiguous();
  torch::Tensor y = torch::empty(shape, x.options());
  const float *from = row.const_data_ptr<float>(), *w = weight.const_data_ptr<float>();
  float* to = y.mutable_data_ptr<float>();
  parallel_for(0, columns, std::max<std::int64_t>(4, kWork / std::max<std::int64_t>(inner, 1)),
               [&](std::int64_t first, std::int64_t last) {
                 std::int64_t column = first;
                 for (; column + 4 <= last; column += 4) multiply_four(from, w + column * inner, inner, to + column);
                 for (; column < last; ++column) multiply_one(from, w + column * inner, inner, to + column);
               });
  return bias.defined() ? y.add_(bias) : y;
}

}  // namespace noema
