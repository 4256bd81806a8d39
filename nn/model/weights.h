#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "nn/kernels/linear_kernel.h"

namespace noema {

/// Tensors by name, e.g. "layers.3.attention.qkv.weight".
using TensorMap = std::map<std::string, torch::Tensor>;

struct LoraOptions;

/// How a new tensor begins.
struct Init {
  double mean = 0.0;
  double deviation = 0.0;  ///< 0: constant

  static Init normal(double deviation) { return {0.0, deviation}; }
  static Init zeros() { return {0.0, 0.0}; }
  static Init ones() { return {1.0, 0.0}; }
};

/// The tensors of one model part. A model asks for each by name and shape while it is built and keeps a handle: what
/// the optimiser changes in place, the model computes with.
class Weights {
 public:
  /// New tensors of this type and on this device, random by `seed` and name alone.
  explicit Weights(std::uint64_t seed, torch::TensorOptions options = torch::kFloat32)
      : seed_(seed), options_(options) {}

  /// Given tensors, of which a model gets copies of this type and on this device; a missing one or one of another shape
  /// is an Error that names `where`.
  Weights(TensorMap tensors, std::string where, torch::TensorOptions options = torch::kFloat32);

  /// Given tensors where there are any, new ones by `seed` elsewhere: a model that starts from another's parts.
  static Weights starting_from(TensorMap tensors, std::uint64_t seed, torch::TensorOptions options = torch::kFloat32);

  /// The tensor of this name and shape.
  torch::Tensor get(const std::string& name, const std::vector<std::int64_t>& shape, Init init);

  /// How models built from these compute with them: anything but fp32 is for inference.
  void compute_in(Precision precision) { precision_ = precision; }
  Precision precision() const { return precision_; }

  /// Linear maps built from these carry adapters (see nn/model/lora.h): for training, which leaves the maps themselves
  /// alone.
  void adapt(const LoraOptions& lora);
  const LoraOptions* lora() const { return lora_.get(); }  ///< null: they do not

  torch::Device device() const { return options_.device(); }

  const TensorMap& tensors() const { return tensors_; }

  /// Throws Error for one of these names that there is a tensor of and no model has asked for.
  void need_used(const std::vector<std::string>& names) const;

 private:
  TensorMap tensors_;
  std::set<std::string> used_;
  bool given_ = false;
  std::string where_;
  std::uint64_t seed_ = 0;
  torch::TensorOptions options_;
  Precision precision_ = Precision::fp32;
  std::shared_ptr<const LoraOptions> lora_;
};

/// Weights seen from one module: names are prefixed.
class WeightScope {
 public:
  WeightScope(Weights& weights, std::string prefix = "") : weights_(&weights), prefix_(std::move(prefix)) {}

  WeightScope operator/(const std::string& name) const { return {*weights_, prefix_ + name + "."}; }
  torch::Tensor get(const std::string& name, const std::vector<std::int64_t>& shape, Init init) const {
    return weights_->get(prefix_ + name, shape, init);
  }
  Precision precision() const { return weights_->precision(); }
  torch::Device device() const { return weights_->device(); }
  const LoraOptions* lora() const { return weights_->lora(); }
  const std::string& prefix() const { return prefix_; }  ///< ends with a dot unless it is empty

 private:
  Weights* weights_;
  std::string prefix_;
};

}  // namespace noema
