#pragma once

// Not a device of its own but as strict as one: tensors on it lie in the processor's memory, the processor computes
// with them, and an operation between one of them and one of the processor's fails, as it would on a GPU. Gradients
// pass. To be included by one test of a program.

#include <ATen/EmptyTensor.h>
#include <ATen/detail/PrivateUse1HooksInterface.h>
#include <ATen/ops/_reshape_alias_native.h>
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

/// Without them libtorch takes it that there is no such device, and has no gradients there.
struct Hooks final : at::PrivateUse1HooksInterface {
  bool isBuilt() const override { return true; }
  bool isAvailable() const override { return true; }
  bool hasPrimaryContext(c10::DeviceIndex) const override { return true; }
};

/// Makes the device known, once.
inline void open() {
  [[maybe_unused]] static const bool once = [] {
    static auto& memory = *new Memory;  // libtorch's threads may outlive what is static
    static auto& hooks = *new Hooks;
    c10::SetAllocator(kDevice.type(), &memory);
    at::RegisterPrivateUse1HooksInterface(&hooks);
    c10::register_privateuse1_backend("separate");
    return true;
  }();
}

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

/// An argument as the processor takes it. Throws where it is the processor's already, a tensor or a generator: no
/// device would take it.
inline c10::IValue unveiled(const c10::IValue& given, const c10::Argument& argument, const std::string& op) {
  const auto taken = [&](const at::Tensor& tensor) {
    const bool is_elsewhere = tensor.defined() && tensor.is_cpu() && tensor.dim() > 0;
    if (is_elsewhere) throw std::runtime_error(op + ": one tensor here, another on the processor");
    return unveiled(tensor);
  };
  if (given.isTensor()) {
    const at::Tensor tensor = given.toTensor();
    const bool is_to_be_sized = is_written(argument) && tensor.numel() == 0;
    return is_to_be_sized ? at::empty({0}, tensor.options().device(at::kCPU)) : taken(tensor);
  }
  if (given.isTensorList()) {
    c10::List<at::Tensor> tensors;
    for (const at::Tensor& tensor : given.toTensorVector()) tensors.push_back(taken(tensor));
    return tensors;
  }
  if (given.isOptionalTensorList()) {
    c10::List<std::optional<at::Tensor>> tensors;
    for (const std::optional<at::Tensor>& tensor : given.toOptionalTensorVector()) {
      tensors.push_back(tensor ? std::optional(taken(*tensor)) : std::nullopt);
    }
    return tensors;
  }
  if (given.isGenerator()) throw std::runtime_error(op + ": numbers of the processor's generator, drawn here");
  return given.isDevice() ? c10::IValue(c10::Device(at::kCPU)) : given;
}

/// A result of the processor's as one of this device. `written`: the argument that it is, or none.
inline c10::IValue veiled(const c10::IValue& result, const c10::IValue& written) {
  if (written.isTensor()) {
    if (written.toTensor().numel() == 0) take_over(written.toTensor(), result.toTensor());
    return written;
  }
  if (result.isTensor()) return veiled(result.toTensor());
  if (!result.isTensorList()) return result;
  c10::List<at::Tensor> tensors;
  for (const at::Tensor& tensor : result.toTensorVector()) tensors.push_back(veiled(tensor));
  return tensors;
}

/// Does any other operation with the processor's kernels.
inline void compute(const c10::OperatorHandle& op, torch::jit::Stack* stack) {
  const c10::FunctionSchema& schema = op.schema();
  const std::size_t first = stack->size() - schema.arguments().size();
  const std::vector<c10::IValue> given(stack->begin() + static_cast<std::ptrdiff_t>(first), stack->end());
  for (std::size_t i = 0; i < given.size(); ++i) {
    (*stack)[first + i] = unveiled(given[i], schema.arguments()[i], schema.name());
  }
  op.callBoxed(stack);
  const std::size_t results = stack->size() - schema.returns().size();
  for (std::size_t i = 0; i < schema.returns().size(); ++i) {
    const c10::AliasInfo* alias = schema.returns()[i].alias_info();
    c10::IValue written;
    for (std::size_t j = 0; alias && alias->isWrite() && j < given.size(); ++j) {
      const c10::AliasInfo* other = schema.arguments()[j].alias_info();
      if (other && *other == *alias) written = given[j];
    }
    (*stack)[results + i] = veiled((*stack)[results + i], written);
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
  m.impl("_reshape_alias", &at::native::_reshape_alias);
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
  explicit SeparateDevice(torch::Dtype dtype) : dtype_(dtype) { separate_device::open(); }

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
