#include <ATen/Parallel.h>
#include <ATen/cpu/Utils.h>
#include <torch/torch.h>
#include <xnnpack.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "base/stopwatch.h"
#include "nn/linear_kernel.h"
#include "nn/parallel.h"

// Exported by the wheel but left out of its header. Signed rows are for AMX, unsigned ones for VNNI; with signed rows
// and no AMX, 64 rows of SmolLM2 took 2.6 times as long (docs/performance.md).
extern "C" {
xnn_status xnn_create_convert_nc_f32_qdu8(uint32_t flags, xnn_operator_t* made);
xnn_status xnn_reshape_convert_nc_f32_qdu8(xnn_operator_t convert, size_t rows, size_t columns, size_t input_stride,
                                           size_t output_stride, pthreadpool_t threads);
xnn_status xnn_setup_convert_nc_f32_qdu8(xnn_operator_t convert, const float* input, int8_t* output,
                                         xnn_quantization_params* scales);
xnn_status xnn_create_fully_connected_nc_qdu8_f32_qc8w(size_t inner, size_t columns, size_t input_stride,
                                                       size_t output_stride, const float* scale, const int8_t* weight,
                                                       const float* bias, float least, float most, uint32_t flags,
                                                       xnn_code_cache_t code, xnn_weights_cache_t weights,
                                                       xnn_operator_t* made);
xnn_status xnn_reshape_fully_connected_nc_qdu8_f32_qc8w(xnn_operator_t product, size_t rows, pthreadpool_t threads);
xnn_status xnn_setup_fully_connected_nc_qdu8_f32_qc8w(xnn_operator_t product, const int8_t* input, float* output,
                                                      const xnn_quantization_params* scales);
}

namespace noema {
namespace {

/// The functions for one way of quantizing rows.
struct Variant {
  decltype(&xnn_create_convert_nc_f32_qd8) create_convert;
  decltype(&xnn_reshape_convert_nc_f32_qd8) reshape_convert;
  decltype(&xnn_setup_convert_nc_f32_qd8) setup_convert;
  decltype(&xnn_create_fully_connected_nc_qd8_f32_qc8w) create_product;
  decltype(&xnn_reshape_fully_connected_nc_qd8_f32_qc8w) reshape_product;
  decltype(&xnn_setup_fully_connected_nc_qd8_f32_qc8w) setup_product;
};

constexpr Variant kSigned = {xnn_create_convert_nc_f32_qd8,
                             xnn_reshape_convert_nc_f32_qd8,
                             xnn_setup_convert_nc_f32_qd8,
                             xnn_create_fully_connected_nc_qd8_f32_qc8w,
                             xnn_reshape_fully_connected_nc_qd8_f32_qc8w,
                             xnn_setup_fully_connected_nc_qd8_f32_qc8w};
constexpr Variant kUnsigned = {xnn_create_convert_nc_f32_qdu8,
                               xnn_reshape_convert_nc_f32_qdu8,
                               xnn_setup_convert_nc_f32_qdu8,
                               xnn_create_fully_connected_nc_qdu8_f32_qc8w,
                               xnn_reshape_fully_connected_nc_qdu8_f32_qc8w,
                               xnn_setup_fully_connected_nc_qdu8_f32_qc8w};

void check(xnn_status status, const char* what) {
  if (status == xnn_status_success) return;
  throw Error(
      {std::string("XNNPACK: ") + what, "success", "status " + std::to_string(status), "use another --precision"});
}

struct DeleteOperator {
  void operator()(xnn_operator_t made) const { xnn_delete_operator(made); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

class Int8Kernel final : public LinearKernel {
 public:
  Int8Kernel(const torch::Tensor& weight, const torch::Tensor& bias, const Variant& variant)
      : variant_(variant), columns_(weight.size(0)), inner_(weight.size(1)) {
    static const xnn_status initialized = xnn_initialize(nullptr);
    check(initialized, "xnn_initialize");
    // One slice of the columns for each of libtorch's threads. XNNPACK's own threads would wait for processors on which
    // libtorch's threads wait for work: with both, a token of SmolLM2 took 252 ms instead of 14.
    const std::int64_t slices = std::clamp<std::int64_t>(columns_ / kLeastSlice, 1, at::get_num_threads());
    for (std::int64_t i = 0; i < slices; ++i) {
      const std::int64_t first = columns_ * i / slices, count = columns_ * (i + 1) / slices - first;
      slices_.push_back(
          {first, make_product(weight.narrow(0, first, count), bias.defined() ? bias.narrow(0, first, count) : bias)});
    }
    xnn_operator_t made = nullptr;
    check(variant_.create_convert(0, &made), "create convert");
    quantize_.reset(made);
  }

  torch::Tensor operator()(const torch::Tensor& x) const override {
    torch::Tensor y = torch::empty({x.size(0), columns_}, torch::kFloat32);
    if (x.size(0) == 0) return y;
    const std::lock_guard lock(mutex_);
    if (x.size(0) != rows_) reshape(x.size(0));
    check(variant_.setup_convert(quantize_.get(), x.data_ptr<float>(), quantized_.data(), scales_.data()),
          "set up convert");
    check(xnn_run_operator(quantize_.get(), nullptr), "xnn_run_operator");
    float* to = y.data_ptr<float>();
    parallel_for(0, static_cast<std::int64_t>(slices_.size()), 1, [&](std::int64_t first, std::int64_t last) {
      for (std::int64_t i = first; i < last; ++i) multiply(slices_[static_cast<std::size_t>(i)], to);
    });
    return y;
  }

 private:
  static constexpr std::int64_t kLeastSlice = 64;  // columns

  /// Columns from `first` on.
  struct Slice {
    std::int64_t first;
    Operator product;
  };

  Operator make_product(const torch::Tensor& weight, const torch::Tensor& bias) const {
    const torch::Tensor exact = weight.to(torch::kFloat32);
    const torch::Tensor scale = exact.abs().amax(1).clamp_min(1e-12).div(127.0).contiguous();
    const torch::Tensor rounded = exact.div(scale.unsqueeze(1)).round().to(torch::kInt8).contiguous();
    const torch::Tensor added = bias.defined() ? bias.to(torch::kFloat32).contiguous() : bias;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const auto inner = static_cast<std::size_t>(inner_);
    xnn_operator_t made = nullptr;
    check(variant_.create_product(inner, static_cast<std::size_t>(weight.size(0)), inner,
                                  static_cast<std::size_t>(columns_), scale.data_ptr<float>(),
                                  rounded.data_ptr<std::int8_t>(), added.defined() ? added.data_ptr<float>() : nullptr,
                                  -kInfinity, kInfinity, 0, nullptr, nullptr, &made),
          "create product");
    return Operator(made);
  }

  void multiply(const Slice& slice, float* to) const {
    check(variant_.setup_product(slice.product.get(), quantized_.data(), to + slice.first, scales_.data()),
          "set up product");
    check(xnn_run_operator(slice.product.get(), nullptr), "xnn_run_operator");
  }

  void reshape(std::int64_t count) const {
    rows_ = 0;
    const auto rows = static_cast<std::size_t>(count), inner = static_cast<std::size_t>(inner_);
    quantized_.resize(rows * inner + XNN_EXTRA_BYTES);
    scales_.resize(rows + XNN_EXTRA_QUANTIZATION_PARAMS);
    check(variant_.reshape_convert(quantize_.get(), rows, inner, inner, inner, nullptr), "reshape convert");
    for (const Slice& slice : slices_) {
      check(variant_.reshape_product(slice.product.get(), rows, nullptr), "reshape product");
    }
    rows_ = count;
  }

  const Variant& variant_;
  std::int64_t columns_, inner_;
  std::vector<Slice> slices_;
  Operator quantize_;
  // An operator keeps the state of its call: one call at a time.
  mutable std::mutex mutex_;
  mutable std::int64_t rows_ = 0;
  mutable std::vector<std::int8_t> quantized_;
  mutable std::vector<xnn_quantization_params> scales_;
};

/// Seconds of a product of some rows; infinity when this processor has no such kernel.
double time_of(const Variant& variant) {
  try {
    const Int8Kernel kernel(torch::ones({256, 512}), {}, variant);
    const torch::Tensor x = torch::ones({16, 512});
    return least_seconds(8, [&] { kernel(x); });
  } catch (const Error&) {
    return std::numeric_limits<double>::infinity();
  }
}

}  // namespace

std::unique_ptr<const LinearKernel> make_int8_kernel(const torch::Tensor& weight, const torch::Tensor& bias) {
  // Without VNNI there is no kernel for unsigned rows, and making one divides by zero rather than to say so.
  static const bool has_unsigned = at::cpu::is_avx512_vnni_supported();
  static const Variant& faster = has_unsigned && time_of(kUnsigned) < time_of(kSigned) ? kUnsigned : kSigned;
  return std::make_unique<const Int8Kernel>(weight, bias, faster);
}

}  // namespace noema
