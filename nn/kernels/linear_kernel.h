#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>

namespace noema {

/// How products with weights are computed. Everything between them stays in fp32 on the processor.
enum class Precision {
  fp32,  ///< as trained; the only one that gradients pass
  bf16,  ///< weights and inputs in bf16, sums in fp32
  int8   ///< weights and inputs in 8 bits with a scale for each 32; weights that came in 4 bits stay so
};

/// "fp32", "bf16" or "int8".
std::string to_string(Precision precision);

/// y = x Wᵀ + b for weights that do not change: laid out once, in the order in which the processor reads them. Const;
/// may be shared by threads.
class LinearKernel {
 public:
  virtual ~LinearKernel() = default;

  /// y [M,columns] of x [M,inner], both fp32 and contiguous.
  virtual torch::Tensor operator()(const torch::Tensor& x) const = 0;

  /// Of the weights as they are laid out, all of which a product reads.
  virtual std::int64_t bytes() const = 0;
};

/// A kernel for weight [columns,inner] and bias [columns] (or undefined), which need not be kept. fp32 has none: null.
/// Throws Error when the library refuses.
std::unique_ptr<const LinearKernel> make_linear_kernel(Precision precision, const torch::Tensor& weight,
                                                       const torch::Tensor& bias);

/// Whether this processor has the instructions that oneDNN's bf16 products need (AVX-512 or AVX-NE-CONVERT).
bool has_bf16_products();

/// oneDNN's product of prepacked bf16 weights. Throws Error where there are none.
std::unique_ptr<const LinearKernel> make_bf16_kernel(const torch::Tensor& weight, const torch::Tensor& bias);

/// Our product of weights in blocks of 32 with rows that are quantized in such blocks: in 4 bits where all of them are
/// told so to the digits of a bf16 number (as those of a GGUF file's Q4_1 and Q4_0), else in 8. A row does not depend
/// on the others. Throws Error for weights beyond 65504.
std::unique_ptr<const LinearKernel> make_int8_kernel(const torch::Tensor& weight, const torch::Tensor& bias);

/// bf16 when it multiplies a single row by a matrix well ahead of fp32 on this processor, measured now in some
/// milliseconds; else fp32. int8 is faster than either, but its rounding changes answers: it must be asked for.
Precision fastest_precision();

}  // namespace noema
