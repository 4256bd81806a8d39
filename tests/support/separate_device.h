#pragma once

// Not a device of its own but as strict as one: tensors on it lie in the processor's memory, the processor computes
// with them, and an operation between one of them and one of the processor's fails, as it would on a GPU. To be
// included by one test of a program.

#include <ATen/EmptyTensor.h>
#include <ATen/ops/as_strided_native.h>
#include <ATen/ops/view_native.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <c10/core/impl/alloc_cpu.h>
#include <torch/library.h>
#include <torch/torch.h>

#include <stdexcept>
#include <string>
#include <vector>

#include "support/replaying_accelerator.h"

namespace noema::separate_device {

inline const c10::Device kDevice{c10::DeviceType::PrivateUse1, 0};

/// The processor's memory, named otherwise.
class Memory final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t bytes) override {
    void* data = c10::alloc_cpu(bytes);
    return {data, data, &c10::free_cpu, kDevice};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &c10::free_cpu; }
  void copy_data(void* to, const void* from, std::size_t bytes) const override { default_copy_data(to, from, bytes); }
};

struct Guard final : c10::impl::DeviceGuardImplInterface {
  c10::DeviceType type() const override { return kDevice.type(); }
  c10::Device exchangeDevice(c10::Device) const override { return kDevice; }
  c10::Device getDevice() const override { return kDevice; }
  void setDevice(c10::Device) const override {}
  void uncheckedSetDevice(c10::Device) const noexcept override {}
  c10::Stream getStream(c10::Device device) const override { return c10::Stream(c10::Stream::DEFAULT, device); }
  c10::Stream exchangeStream(c10::Stream stream) const override { return stream; }
  c10::DeviceIndex deviceCount() const noexcept override { return 1; }
};

/// The same memory as a tensor of the processor.
inline at::Tensor unveiled(const at::Tensor& tensor) {
  if (!tensor.defined() || !tensor.is_privateuseone()) return tensor;
  return at::from_blob(tensor.data_ptr(), tensor.sizes(), tensor.strides(), tensor.options().device(at::kCPU));
}

inline at::Tensor empty(at::IntArrayRef size, std::optional<at::ScalarType> dtype, std::optional<at::Layout>,
                        std::optional<at::Device>, std::optional<bool>, std::optional<at::MemoryFormat> format) {
  constexpr c10::DispatchKeySet keys(c10::DispatchKey::PrivateUse1);
  return at::detail::empty_generic(size, c10::GetAllocator(kDevice.type()), keys, at::dtype_or_default(dtype), format);
}

inline at::Tensor empty_strided(at::IntArrayRef size, at::IntArrayRef stride, std::optional<at::ScalarType> dtype,
                                std::optional<at::Layout>, std::optional<at::Device>, std::optional<bool>) {
  constexpr c10::DispatchKeySet keys(c10::DispatchKey::PrivateUse1);
  return at::detail::empty_strided_generic(size, stride, c10::GetAllocator(kDevice.type()), keys,
                                           at::dtype_or_default(dtype));
}

/// A result of the processor's, moved here.
inline at::Tensor veiled(const at::Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  at::Tensor moved = empty_strided(tensor.sizes(), tensor.strides(), tensor.scalar_type(), {}, {}, {});
  unveiled(moved).copy_(tensor);
  return moved;
}

/// From one device to the other, or within one: the only operation between them.
inline at::Tensor& copy(at::Tensor& self, const at::Tensor& from, bool) {
  unveiled(self).copy_(unveiled(from));
  return self;
}

inline at::Scalar item(const at::Tensor& self) { return unveiled(self).item(); }

/// 0: attention by its definition, for which no device needs kernels of its own.
inline std::int64_t choose_attention(const at::Tensor&, const at::Tensor&, const at::Tensor&,
                                     const std::optional<at::Tensor>&, double, bool, std::optional<double>, bool) {
  return 0;
}

inline bool is_written(const c10::Argument& argument) {
  return argument.alias_info() && argument.alias_info()->isWrite();
}

/// Makes `tensor` what `result` is.
inline void take_over(const at::Tensor& tensor, const at::Tensor& result) {
  tensor.unsafeGetTensorImpl()->shallow_copy_from(veiled(result).getIntrusivePtr());
}

/// Does any other operation with the processor's kernels.
inline void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  const std::size_t first = stack->size() - schema.arguments().size();
  const std::vector<c10::IValue> given(stack->begin() + static_cast<std::ptrdiff_t>(first), stack->end());
  const auto taken = [&](const at::Tensor& tensor) {
    if (tensor.defined() && tensor.is_cpu() && tensor.dim() > 0) {
      throw std::runtime_error(schema.name() + ": one tensor here, another on the processor");
    }
    return unveiled(tensor);
  };
  for (std::size_t i = 0; i < given.size(); ++i) {
    c10::IValue& argument = (*stack)[first + i];
    if (argument.isTensor() && is_written(schema.arguments()[i]) && argument.toTensor().numel() == 0) {
      argument = at::empty({0}, argument.toTensor().options().device(at::kCPU));  // to be given its size
    } else if (argument.isTensor()) {
      argument = taken(argument.toTensor());
    } else if (argument.isTensorList()) {
      c10::List<at::Tensor> tensors;
      for (const at::Tensor& tensor : argument.toTensorVector()) tensors.push_back(taken(tensor));
      argument = tensors;
    } else if (argument.isOptionalTensorList()) {
      throw std::runtime_error(schema.name() + ": indexing with tensors is not supported here");
    } else if (argument.isDevice()) {
      argument = c10::Device(at::kCPU);
    }
  }
  op.callBoxed(stack);
  const std::size_t results = stack->size() - schema.returns().size();
  for (std::size_t i = 0; i < schema.returns().size(); ++i) {
    c10::IValue& result = (*stack)[results + i];
    const c10::AliasInfo* alias = schema.returns()[i].alias_info();
    if (alias && alias->isWrite()) {  // an argument that was written to
      for (std::size_t j = 0; j < given.size(); ++j) {
        const c10::AliasInfo* other = schema.arguments()[j].alias_info();
        if (!other || !(*other == *alias)) continue;
        if (given[j].toTensor().numel() == 0) take_over(given[j].toTensor(), result.toTensor());
        result = given[j];
      }
    } else if (result.isTensor()) {
      result = veiled(result.toTensor());
    } else if (result.isTensorList()) {
      c10::List<at::Tensor> tensors;
      for (const at::Tensor& tensor : result.toTensorVector()) tensors.push_back(veiled(tensor));
      result = tensors;
    }
  }
}

// NOLINTBEGIN: what libtorch registers has no other form.
C10_REGISTER_GUARD_IMPL(PrivateUse1, Guard);
TORCH_LIBRARY_IMPL(_, PrivateUse1, m) { m.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>()); }
TORCH_LIBRARY_IMPL(aten, PrivateUse1, m) {
  m.impl("empty.memory_format", &empty);
  m.impl("empty_strided", &empty_strided);
  m.impl("as_strided", &at::native::as_strided_tensorimpl);
  m.impl("view", &at::native::view);
  m.impl("copy_", &copy);
  m.impl("_local_scalar_dense", &item);
  m.impl("_fused_sdp_choice", &choose_attention);
}
// NOLINTEND

}  // namespace noema::separate_device

namespace noema {

/// That device as an accelerator.
class SeparateDevice final : public Accelerator {
 public:
  explicit SeparateDevice(torch::Dtype dtype) : dtype_(dtype) {
    static separate_device::Memory memory;
    c10::SetAllocator(separate_device::kDevice.type(), &memory);
  }

  torch::Device device() const override { return separate_device::kDevice; }
  std::string name() const override { return "a separate device"; }
  void wait() const override {}
  torch::Dtype best_dtype() const override { return dtype_; }
  std::unique_ptr<Recording> record(const std::function<void()>& work) const override { return again_.record(work); }

 private:
  torch::Dtype dtype_;
  ReplayingAccelerator again_;
};

}  // namespace noema
