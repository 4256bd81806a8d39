#include <torch/torch.h>

#include "nn/kernels/fused.h"
#include "nn/kernels/parallel.h"
#include "nn/kernels/recorded.h"
#include "nn/kernels/vectorized.h"

namespace noema {
namespace {

constexpr std::int64_t kTokensAThread = 64;  // tokens that are worth a thread of their own

/// Turns the first half of a head against the second; `direction` -1 turns back.
NOEMA_VECTORIZED void turn(const float* x, const float* cosine, const float* sine, float* y, std::int64_t half,
                           float direction) {
  for (std::int64_t i = 0; i < half; ++i) {
    const float c = cosine[i], s = direction * sine[i];
    y[i] = x[i] * c - x[half + i] * s;
    y[half + i] = x[half + i] * c + x[i] * s;
  }
}

/// Strides of [B,T,N,Dh], whichever order they lie in.
struct Strides {
  std::int64_t row, token, head;
};

/// What all heads of a batch have in common.
struct Turning {
  torch::Tensor index, cosine, sine;
  std::int64_t rows, tokens, heads, half;
  float direction;

  void run(const float* from, const Strides& in, float* to, const Strides& out) const {
    const bool shared = index.size(0) == 1;
    const auto* places = index.const_data_ptr<std::int64_t>();
    const float *c = cosine.const_data_ptr<float>(), *s = sine.const_data_ptr<float>();
    parallel_for(0, rows * tokens, kTokensAThread, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t row = i / tokens, token = i % tokens, place = places[shared ? token : i] * half;
        for (std::int64_t head = 0; head < heads; ++head) {
          turn(from + row * in.row + token * in.token + head * in.head, c + place, s + place,
               to + row * out.row + token * out.token + head * out.head, half, direction);
        }
      }
    });
  }
};

struct Rotate : torch::autograd::Function<Rotate> {
  static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& input,
                               const torch::Tensor& index, const torch::Tensor& cosine, const torch::Tensor& sine) {
    const torch::Tensor x = input.stride(3) == 1 ? input : input.contiguous();
    const torch::Tensor y =
        torch::empty({x.size(0), x.size(2), x.size(1), x.size(3)}, x.options().requires_grad(false));
    const Turning turning{index.contiguous(), cosine, sine, x.size(0), x.size(1), x.size(2), x.size(3) / 2, 1.0f};
    turning.run(x.const_data_ptr<float>(), {x.stride(0), x.stride(1), x.stride(2)}, y.mutable_data_ptr<float>(),
                {y.stride(0), y.stride(2), y.stride(1)});
    if (context) context->save_for_backward({turning.index, cosine, sine});
    return y;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const torch::Tensor dy = gradients[0].contiguous();
    const torch::Tensor dx = torch::empty({dy.size(0), dy.size(2), dy.size(1), dy.size(3)}, dy.options());
    const Turning turning{saved[0], saved[1], saved[2], dy.size(0), dy.size(2), dy.size(1), dy.size(3) / 2, -1.0f};
    turning.run(dy.const_data_ptr<float>(), {dy.stride(0), dy.stride(2), dy.stride(1)}, dx.mutable_data_ptr<float>(),
                {dx.stride(0), dx.stride(1), dx.stride(2)});
    return {dx, torch::Tensor(), torch::Tensor(), torch::Tensor()};
  }
};

}  // namespace

torch::Tensor rotate(const torch::Tensor& x, const torch::Tensor& index, const torch::Tensor& cosine,
                     const torch::Tensor& sine) {
  if (x.is_cpu() && x.scalar_type() == torch::kFloat32) return recorded<Rotate>(x, index, cosine, sine);
  const std::vector<std::int64_t> shape = {index.size(0), 1, index.size(1), cosine.size(1)};
  const torch::Tensor c = cosine.index_select(0, index.flatten()).to(x.scalar_type()).view(shape);
  const torch::Tensor s = sine.index_select(0, index.flatten()).to(x.scalar_type()).view(shape);
  const auto halves = x.transpose(1, 2).chunk(2, -1);
  return torch::cat({halves[0] * c - halves[1] * s, halves[1] * c + halves[0] * s}, -1);
}

}  // namespace noema
