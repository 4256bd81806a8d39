#include "nn/kernels/linear_product.h"

#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "nn/kernels/parallel.h"
#include "nn/kernels/vectorized.h"

namespace noema {
namespace {

constexpr std::int64_t kProductsAThread = 1 << 16;  // multiplications that are worth a thread of their own
constexpr std::int64_t kFewRows = 8;                // beyond, the library's blocks pay
constexpr std::int64_t kRowsAtOnce = 4;
constexpr std::int64_t kColumnsAtOnce = 4;

/// y [kRows,kColumns], its rows `stride` apart: rows of x that lie one after the other, times such rows of w.
template <int kRows, int kColumns>
inline __attribute__((always_inline)) void multiply(const float* x, const float* w, std::int64_t inner, float* y,
                                                    std::int64_t stride) {
  float sums[kRows][kColumns] = {};
  for (std::int64_t i = 0; i < inner; ++i) {
    for (int r = 0; r < kRows; ++r) {
      for (int c = 0; c < kColumns; ++c) sums[r][c] += x[r * inner + i] * w[c * inner + i];
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (int c = 0; c < kColumns; ++c) y[r * stride + c] = sums[r][c];
  }
}

// One function a size, each of sums that fit the registers: target_clones does not go with templates.
NOEMA_VECTORIZED void multiply_4_4(const float* x, const float* w, std::int64_t inner, float* y, std::int64_t stride) {
  multiply<4, 4>(x, w, inner, y, stride);
}
NOEMA_VECTORIZED void multiply_1_4(const float* x, const float* w, std::int64_t inner, float* y, std::int64_t stride) {
  multiply<1, 4>(x, w, inner, y, stride);
}
NOEMA_VECTORIZED void multiply_1_1(const float* x, const float* w, std::int64_t inner, float* y, std::int64_t stride) {
  multiply<1, 1>(x, w, inner, y, stride);
}

/// What is to be multiplied: rows of x and of w, of `inner` numbers each.
struct Product {
  const float *x, *w;
  std::int64_t rows, columns, inner;
  float* y;  // [rows,columns]

  /// All rows of x with those of w from `first` to `last`, which are read once.
  void run(std::int64_t first, std::int64_t last) const {
    for (; first + kColumnsAtOnce <= last; first += kColumnsAtOnce) {
      std::int64_t row = 0;
      for (; row + kRowsAtOnce <= rows; row += kRowsAtOnce) take(multiply_4_4, row, first);
      for (; row < rows; ++row) take(multiply_1_4, row, first);
    }
    for (; first < last; ++first) {
      for (std::int64_t row = 0; row < rows; ++row) take(multiply_1_1, row, first);
    }
  }

  template <typename Multiply>
  void take(const Multiply& multiply, std::int64_t row, std::int64_t column) const {
    multiply(x + row * inner, w + column * inner, inner, y + row * columns + column, columns);
  }
};

/// On processors of other makers than its own MKL multiplies a vector with SSE2 alone, and a few rows at a quarter of
/// its speed for many.
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
  return library_is_slow() && x.numel() <= kFewRows * weight.size(1) && x.is_cpu() &&
         x.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kFloat32 && weight.is_contiguous() &&
         !needs_gradient(x, weight);
}

}  // namespace

torch::Tensor linear_product(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  if (!is_ours(x, weight)) return at::linear(x, weight, bias);
  const std::int64_t columns = weight.size(0), inner = weight.size(1);
  std::vector<std::int64_t> shape = x.sizes().vec();
  shape.back() = columns;
  const torch::Tensor rows = x.contiguous();
  torch::Tensor y = torch::empty(shape, x.options());
  const Product product{rows.const_data_ptr<float>(),
                        weight.const_data_ptr<float>(),
                        inner > 0 ? rows.numel() / inner : 0,
                        columns,
                        inner,
                        y.data_ptr<float>()};
  parallel_for(0, columns,
               std::max<std::int64_t>(kColumnsAtOnce, kProductsAThread / std::max<std::int64_t>(rows.numel(), 1)),
               [&](std::int64_t first, std::int64_t last) { product.run(first, last); });
  return bias.defined() ? y.add_(bias) : y;
}

}  // namespace noema
