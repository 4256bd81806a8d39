#include <ATen/core/dispatch/Dispatcher.h>
#include <torch/torch.h>

#include "base/error.h"
#include "nn/kernels/linear_kernel.h"

namespace noema {
namespace {

/// The operators have no C++ declaration: they are found by name.
torch::Tensor reordered(const torch::Tensor& weight) {
  static const auto reorder = c10::Dispatcher::singleton()
                                  .findSchemaOrThrow("mkldnn::_reorder_linear_weight", "")
                                  .typed<at::Tensor(const at::Tensor&, std::optional<std::int64_t>)>();
  return reorder.call(weight.contiguous(), std::nullopt);
}

torch::Tensor product(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  static const auto linear =
      c10::Dispatcher::singleton()
          .findSchemaOrThrow("mkldnn::_linear_pointwise", "")
          .typed<at::Tensor(const at::Tensor&, const at::Tensor&, const std::optional<at::Tensor>&, c10::string_view,
                            c10::List<std::optional<at::Scalar>>, std::optional<c10::string_view>)>();
  const std::optional<at::Tensor> added = bias.defined() ? std::optional(bias) : std::nullopt;
  return linear.call(x, weight, added, "none", c10::List<std::optional<at::Scalar>>(), "");
}

class Bf16Kernel final : public LinearKernel {
 public:
  Bf16Kernel(const torch::Tensor& weight, const torch::Tensor& bias)
      : weight_(reordered(weight.to(torch::kBFloat16))),
        bias_(bias.defined() ? bias.to(torch::kBFloat16) : bias),
        bytes_(2 * weight.numel()) {}

  torch::Tensor operator()(const torch::Tensor& x) const override {
    return product(x.to(torch::kBFloat16), weight_, bias_).to(torch::kFloat32);
  }

  std::int64_t bytes() const override { return bytes_; }

 private:
  torch::Tensor weight_, bias_;
  std::int64_t bytes_;  // the library does not tell how it laid them out
};

}  // namespace

bool has_bf16_products() {
  static const bool has = [] {
    try {
      reordered(torch::ones({16, 16}, torch::kBFloat16));
      return true;
    } catch (const c10::Error&) {
      return false;
    }
  }();
  return has;
}

std::unique_ptr<const LinearKernel> make_bf16_kernel(const torch::Tensor& weight, const torch::Tensor& bias) {
  if (!has_bf16_products()) {
    throw Error({"--precision bf16", "a processor with AVX-512", "one without", "use --precision fp32 or int8"});
  }
  return std::make_unique<const Bf16Kernel>(weight, bias);
}

}  // namespace noema
