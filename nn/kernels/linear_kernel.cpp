#include "nn/kernels/linear_kernel.h"

#include <torch/torch.h>

#include "base/stopwatch.h"

namespace noema {
std::string to_string(Precision precision) {
  switch (precision) {
    case Precision::fp32:
      return "fp32";
    case Precision::bf16:
      return "bf16";
    case Precision::int8:
      return "int8";
  }
  return "";
}

std::unique_ptr<const LinearKernel> make_linear_kernel(Precision precision, const torch::Tensor& weight,
                                                       const torch::Tensor& bias) {
  switch (precision) {
    case Precision::fp32:
      return nullptr;
    case Precision::bf16:
      return make_bf16_kernel(weight, bias);
    case Precision::int8:
      return make_int8_kernel(weight, bias);
  }
  return nullptr;
}

Precision fastest_precision() {
  constexpr double kWellAhead = 0.8;
  constexpr int kRuns = 12;
  constexpr std::int64_t columns = 3072, inner = 1024;  // too large for the nearest caches
  if (!has_bf16_products()) return Precision::fp32;
  const c10::InferenceMode inference;
  const torch::Tensor weight = torch::ones({columns, inner}), x = torch::ones({1, inner});
  const auto kernel = make_bf16_kernel(weight, {});
  const double exact = least_seconds(kRuns, [&] { at::linear(x, weight); });
  return least_seconds(kRuns, [&] { (*kernel)(x); }) < kWellAhead * exact ? Precision::bf16 : Precision::fp32;
}

}  // namespace noema
