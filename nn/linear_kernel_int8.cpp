#include <ATen/Parallel.h>
#include <torch/torch.h>
#include <xnnpack.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "nn/linear_kernel.h"

namespace noema {
namespace {

void check(xnn_status status, const char* what) {
  if (status == xnn_status_success) return;
  throw Error(
      {std::string("XNNPACK: ") + what, "success", "status " + std::to_string(status), "use another --precision"});
}

/// Threads for all kernels: as many as the other operations have.
pthreadpool_t threads() {
  static const std::unique_ptr<pthreadpool, decltype(&pthreadpool_destroy)> pool(
      pthreadpool_create(static_cast<std::size_t>(at::get_num_threads())), pthreadpool_destroy);
  return pool.get();
}

struct DeleteOperator {
  void operator()(xnn_operator_t made) const { xnn_delete_operator(made); }
};
using Operator = std::unique_ptr<xnn_operator, DeleteOperator>;

class Int8Kernel final : public LinearKernel {
 public:
  Int8Kernel(const torch::Tensor& weight, const torch::Tensor& bias)
      : columns_(static_cast<std::size_t>(weight.size(0))), inner_(static_cast<std::size_t>(weight.size(1))) {
    static const xnn_status initialized = xnn_initialize(nullptr);
    check(initialized, "xnn_initialize");
    const torch::Tensor scale = weight.to(torch::kFloat32).abs().amax(1).clamp_min(1e-12).div(127.0).contiguous();
    const torch::Tensor rounded = weight.to(torch::kFloat32).div(scale.unsqueeze(1)).round().to(torch::kInt8);
    const torch::Tensor added = bias.defined() ? bias.to(torch::kFloat32).contiguous() : bias;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    xnn_operator_t made = nullptr;
    check(xnn_create_fully_connected_nc_qd8_f32_qc8w(
              inner_, columns_, inner_, columns_, scale.data_ptr<float>(), rounded.data_ptr<std::int8_t>(),
              added.defined() ? added.data_ptr<float>() : nullptr, -kInfinity, kInfinity, 0, nullptr, nullptr, &made),
          "xnn_create_fully_connected_nc_qd8_f32_qc8w");
    product_.reset(made);
    check(xnn_create_convert_nc_f32_qd8(0, &made), "xnn_create_convert_nc_f32_qd8");
    quantize_.reset(made);
  }

  torch::Tensor operator()(const torch::Tensor& x) const override {
    const auto rows = static_cast<std::size_t>(x.size(0));
    torch::Tensor y = torch::empty({x.size(0), static_cast<std::int64_t>(columns_)}, torch::kFloat32);
    if (rows == 0) return y;
    const std::lock_guard lock(mutex_);
    if (rows != rows_) reshape(rows);
    check(xnn_setup_convert_nc_f32_qd8(quantize_.get(), x.data_ptr<float>(), quantized_.data(), scales_.data()),
          "xnn_setup_convert_nc_f32_qd8");
    check(xnn_run_operator(quantize_.get(), threads()), "xnn_run_operator");
    check(xnn_setup_fully_connected_nc_qd8_f32_qc8w(product_.get(), quantized_.data(), y.data_ptr<float>(),
                                                    scales_.data()),
          "xnn_setup_fully_connected_nc_qd8_f32_qc8w");
    check(xnn_run_operator(product_.get(), threads()), "xnn_run_operator");
    return y;
  }

 private:
  void reshape(std::size_t rows) const {
    rows_ = 0;
    quantized_.resize(rows * inner_ + XNN_EXTRA_BYTES);
    scales_.resize(rows + XNN_EXTRA_QUANTIZATION_PARAMS);
    check(xnn_reshape_convert_nc_f32_qd8(quantize_.get(), rows, inner_, inner_, inner_, threads()),
          "xnn_reshape_convert_nc_f32_qd8");
    check(xnn_reshape_fully_connected_nc_qd8_f32_qc8w(product_.get(), rows, threads()),
          "xnn_reshape_fully_connected_nc_qd8_f32_qc8w");
    rows_ = rows;
  }

  std::size_t columns_, inner_;
  Operator product_, quantize_;
  // An operator keeps the state of its call: one call at a time.
  mutable std::mutex mutex_;
  mutable std::size_t rows_ = 0;
  mutable std::vector<std::int8_t> quantized_;
  mutable std::vector<xnn_quantization_params> scales_;
};

}  // namespace

std::unique_ptr<const LinearKernel> make_int8_kernel(const torch::Tensor& weight, const torch::Tensor& bias) {
  return std::make_unique<const Int8Kernel>(weight, bias);
}

}  // namespace noema
