#include "nn/kernels/fused.h"

#include <torch/torch.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "nn/kernels/fast_exp.h"
#include "nn/kernels/parallel.h"
#include "nn/kernels/recorded.h"
#include "nn/kernels/vectorized.h"

namespace noema {
namespace {

using at::BFloat16;

constexpr std::int64_t kNumbersAThread = 1 << 12;  // numbers that are worth a thread of their own
constexpr std::int64_t kRowsSummed = 64;           // rows whose gradients are summed together

std::int64_t rows_a_thread(std::int64_t width) { return std::max<std::int64_t>(1, kNumbersAThread / width); }

// bf16 by its bits: the library's conversions do not vectorize.
float load(const float& x) { return x; }
float load(const BFloat16& x) { return std::bit_cast<float>(static_cast<std::uint32_t>(x.x) << 16); }
void store(float& to, float value) { to = value; }
void store(BFloat16& to, float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  to.x = static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);  // to nearest, ties to even
}

inline float sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }

template <typename T>
inline void rms_forward_row(const T* x, const float* weight, T* y, float* scale, std::int64_t width, float epsilon) {
  float sum = 0.0f;
  for (std::int64_t i = 0; i < width; ++i) sum += load(x[i]) * load(x[i]);
  *scale = 1.0f / std::sqrt(sum / static_cast<float>(width) + epsilon);
  for (std::int64_t i = 0; i < width; ++i) store(y[i], load(x[i]) * *scale * weight[i]);
}

template <typename T>
inline void rms_backward_row(const T* x, const float* weight, const T* dy, float scale, T* dx, float* dweight,
                             std::int64_t width) {
  float dot = 0.0f;
  for (std::int64_t i = 0; i < width; ++i) dot += load(dy[i]) * weight[i] * load(x[i]);
  const float pull = dot * scale * scale * scale / static_cast<float>(width);
  for (std::int64_t i = 0; i < width; ++i) {
    const float slope = load(dy[i]) * scale;
    store(dx[i], slope * weight[i] - load(x[i]) * pull);
    dweight[i] += slope * load(x[i]);
  }
}

template <typename T>
inline void swiglu_forward_row(const T* x, T* y, std::int64_t half) {
  for (std::int64_t i = 0; i < half; ++i) {
    const float gate = load(x[i]);
    store(y[i], gate * sigmoid(gate) * load(x[half + i]));
  }
}

template <typename T>
inline void swiglu_backward_row(const T* x, const T* dy, T* dx, std::int64_t half) {
  for (std::int64_t i = 0; i < half; ++i) {
    const float gate = load(x[i]), slope = load(dy[i]);
    const float s = sigmoid(gate);
    store(dx[i], slope * load(x[half + i]) * s * (1.0f + gate * (1.0f - s)));
    store(dx[half + i], slope * gate * s);
  }
}

// One function a type: target_clones does not go with templates.
NOEMA_VECTORIZED void rms_forward(const float* x, const float* w, float* y, float* s, std::int64_t d, float e) {
  rms_forward_row(x, w, y, s, d, e);
}
NOEMA_VECTORIZED void rms_forward(const BFloat16* x, const float* w, BFloat16* y, float* s, std::int64_t d, float e) {
  rms_forward_row(x, w, y, s, d, e);
}
NOEMA_VECTORIZED void rms_backward(const float* x, const float* w, const float* dy, float s, float* dx, float* dw,
                                   std::int64_t d) {
  rms_backward_row(x, w, dy, s, dx, dw, d);
}
NOEMA_VECTORIZED void rms_backward(const BFloat16* x, const float* w, const BFloat16* dy, float s, BFloat16* dx,
                                   float* dw, std::int64_t d) {
  rms_backward_row(x, w, dy, s, dx, dw, d);
}
NOEMA_VECTORIZED void swiglu_forward(const float* x, float* y, std::int64_t half) { swiglu_forward_row(x, y, half); }
NOEMA_VECTORIZED void swiglu_forward(const BFloat16* x, BFloat16* y, std::int64_t half) {
  swiglu_forward_row(x, y, half);
}
NOEMA_VECTORIZED void swiglu_backward(const float* x, const float* dy, float* dx, std::int64_t half) {
  swiglu_backward_row(x, dy, dx, half);
}
NOEMA_VECTORIZED void swiglu_backward(const BFloat16* x, const BFloat16* dy, BFloat16* dx, std::int64_t half) {
  swiglu_backward_row(x, dy, dx, half);
}

/// Calls use(tag) with a null pointer of the tensor's element type.
template <typename Use>
void with_type(const torch::Tensor& x, const Use& use) {
  if (x.scalar_type() == torch::kFloat32) {
    use(static_cast<float*>(nullptr));
  } else {
    use(static_cast<BFloat16*>(nullptr));
  }
}

bool is_ours(const torch::Tensor& x) {
  return x.is_cpu() && (x.scalar_type() == torch::kFloat32 || x.scalar_type() == torch::kBFloat16);
}

struct RmsNorm : torch::autograd::Function<RmsNorm> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& weight, double epsilon) {
    const torch::Tensor x = input.contiguous(), plain_weight = weight.contiguous();
    const std::int64_t width = x.size(-1), rows = x.numel() / width;
    torch::Tensor y = torch::empty_like(x);
    const torch::Tensor scale = torch::empty({rows}, torch::kFloat32);
    with_type(x, [&](auto* tag) {
      using T = std::remove_pointer_t<decltype(tag)>;
      const T* from = x.const_data_ptr<T>();
      T* to = y.mutable_data_ptr<T>();
      const float* w = plain_weight.const_data_ptr<float>();
      float* s = scale.mutable_data_ptr<float>();
      parallel_for(0, rows, rows_a_thread(width), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          rms_forward(from + r * width, w, to + r * width, s + r, width, static_cast<float>(epsilon));
        }
      });
    });
    if (context) context->save_for_backward({x, plain_weight, scale});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor& x = saved[0];
    const std::int64_t width = x.size(-1), rows = x.numel() / width;
    const torch::Tensor dy = gradients[0].to(x.scalar_type()).contiguous();
    torch::Tensor dx = torch::empty_like(x);
    const std::int64_t chunks = (rows + kRowsSummed - 1) / kRowsSummed;  // summed in a fixed order whatever the threads
    const torch::Tensor dweight = torch::zeros({chunks, width}, torch::kFloat32);
    with_type(x, [&](auto* tag) {
      using T = std::remove_pointer_t<decltype(tag)>;
      const T *from = x.const_data_ptr<T>(), *slope = dy.const_data_ptr<T>();
      T* to = dx.mutable_data_ptr<T>();
      const float *w = saved[1].const_data_ptr<float>(), *s = saved[2].const_data_ptr<float>();
      float* dw = dweight.mutable_data_ptr<float>();
      parallel_for(0, chunks, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin * kRowsSummed; r < std::min(end * kRowsSummed, rows); ++r) {
          rms_backward(from + r * width, w, slope + r * width, s[r], to + r * width, dw + r / kRowsSummed * width,
                       width);
        }
      });
    });
    return {dx, dweight.sum(0), torch::Tensor()};
  }
};

struct SwiGlu : torch::autograd::Function<SwiGlu> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input) {
    const torch::Tensor x = input.contiguous();
    const std::int64_t half = x.size(-1) / 2, rows = x.numel() / (2 * half);
    std::vector<std::int64_t> shape = x.sizes().vec();
    shape.back() = half;
    torch::Tensor y = torch::empty(shape, x.options().requires_grad(false));
    with_type(x, [&](auto* tag) {
      using T = std::remove_pointer_t<decltype(tag)>;
      const T* from = x.const_data_ptr<T>();
      T* to = y.mutable_data_ptr<T>();
      parallel_for(0, rows, rows_a_thread(half), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) swiglu_forward(from + r * 2 * half, to + r * half, half);
      });
    });
    if (context) context->save_for_backward({x});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const torch::Tensor x = context->get_saved_variables()[0];
    const std::int64_t half = x.size(-1) / 2, rows = x.numel() / (2 * half);
    const torch::Tensor dy = gradients[0].to(x.scalar_type()).contiguous();
    torch::Tensor dx = torch::empty_like(x);
    with_type(x, [&](auto* tag) {
      using T = std::remove_pointer_t<decltype(tag)>;
      const T *from = x.const_data_ptr<T>(), *slope = dy.const_data_ptr<T>();
      T* to = dx.mutable_data_ptr<T>();
      parallel_for(0, rows, rows_a_thread(half), [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t r = begin; r < end; ++r) {
          swiglu_backward(from + r * 2 * half, slope + r * half, to + r * 2 * half, half);
        }
      });
    });
    return {dx};
  }
};

}  // namespace

torch::Tensor rms_norm(const torch::Tensor& x, const torch::Tensor& weight, double epsilon) {
  if (!is_ours(x) || weight.scalar_type() != torch::kFloat32) return at::rms_norm(x, weight.sizes(), weight, epsilon);
  return recorded<RmsNorm>(x, weight, epsilon);
}

torch::Tensor swiglu(const torch::Tensor& x) {
  if (is_ours(x)) return recorded<SwiGlu>(x);
  const auto halves = x.chunk(2, -1);
  return at::silu(halves[0]) * halves[1];
}

}  // namespace noema
