#include "nn/model/weights.h"

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "base/error.h"
#include "nn/model/lora.h"

namespace noema {
namespace {

std::string shape_text(at::IntArrayRef shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + "]";
}

/// FNV-1a: the same on every platform, which std::hash is not.
std::uint64_t hash(const std::string& text) {
  std::uint64_t value = 0xcbf29ce484222325ull;
  for (unsigned char c : text) value = (value ^ c) * 0x100000001b3ull;
  return value;
}

}  // namespace

Weights::Weights(TensorMap tensors, std::string where, torch::TensorOptions options)
    : given_(true), where_(std::move(where)), options_(options) {
  tensors_ = std::move(tensors);
}

Weights Weights::starting_from(TensorMap tensors, std::uint64_t seed, torch::TensorOptions options) {
  Weights weights(std::move(tensors), "starting weights", options);
  weights.given_ = false;
  weights.seed_ = seed;
  return weights;
}

torch::Tensor Weights::get(const std::string& name, const std::vector<std::int64_t>& shape, Init init) {
  used_.insert(name);
  const auto found = tensors_.find(name);
  if (found != tensors_.end()) {
    if (found->second.sizes() == at::IntArrayRef(shape)) {
      const torch::Tensor converted = found->second.to(options_).contiguous();
      if (given_) return converted;  // not kept: who lays weights out anew needs no second copy of all of them
      return found->second = converted;
    }
    throw Error({where_ + ": tensor \"" + name + "\"", "shape " + shape_text(shape),
                 "shape " + shape_text(found->second.sizes()), "the file belongs to another architecture"});
  }
  if (given_)
    throw Error({where_, "tensor \"" + name + "\" of shape " + shape_text(shape), "no such tensor",
                 "the file belongs to another architecture or is incomplete"});
  torch::Tensor tensor = torch::full(shape, init.mean, options_.device(torch::kCPU));  // the same on every device
  if (init.deviation > 0.0) {
    const auto generator = at::detail::createCPUGenerator(seed_ ^ hash(name));
    tensor.normal_(init.mean, init.deviation, generator);
  }
  return tensors_[name] = tensor.to(options_);
}

void Weights::need_used(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    if (!tensors_.contains(name) || used_.contains(name)) continue;
    throw Error({where_, "only tensors that the model has", "\"" + printable(name, 80) + "\"",
                 "the file belongs to another architecture"});
  }
}

void Weights::adapt(const LoraOptions& lora) { lora_ = std::make_shared<const LoraOptions>(lora); }

}  // namespace noema
