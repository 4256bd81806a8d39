#include "training/parts/parts.h"

#include <torch/torch.h>

#include "base/error.h"

namespace noema {

Parts::Parts(std::uint64_t seed, const std::optional<LoraOptions>& lora, const Backbone* backbone,
             bool train_embeddings, torch::Device device)
    : seed_(seed),
      lora_(lora),
      train_embeddings_(train_embeddings),
      options_(torch::dtype(torch::kFloat32).device(device)) {
  if (!backbone) return;
  whole_ = backbone->whole;
  backbone_.emplace();
  for (const auto& [name, tensor] : backbone->tensors)
    (*backbone_)[name] = tensor.to(options_.device(), torch::kFloat32);
}

bool Parts::has(const std::string& name) const { return parts_.contains(name) || (backbone_ && name == "chain"); }

const nlohmann::json& Parts::architecture(const std::string& name) const {
  const auto found = parts_.find(name);
  if (found != parts_.end()) return found->second.architecture;
  throw Error(
      {"recipe", "a stage [" + name + "] before the one that builds on it", "none", "give it a number of steps"});
}

TensorMap Parts::copy(const std::string& name) const {
  const auto found = parts_.find(name);
  if (found != parts_.end()) return copy_of(found->second.tensors);
  if (name == kBackbonePart && backbone_) {
    TensorMap copies;
    for (const auto& [tensor, value] : whole_) copies[tensor] = value.to(torch::kFloat32, false, /*copy=*/true);
    return copies;
  }
  if (name == "chain" && backbone_) return lora_ ? TensorMap() : copy_of(*backbone_);
  throw Error(
      {"recipe", "a stage [" + name + "] before the one that starts from it", "none", "give it a number of steps"});
}

TensorMap Parts::on_backbone(TensorMap tensors, const std::string& prefix) const {
  if (!lora_) return tensors;
  for (const auto& [name, tensor] : *backbone_) tensors[prefix + name] = tensor;
  return tensors;
}

Weights Parts::adapted(Weights weights) const {
  if (lora_) weights.adapt(*lora_);
  return weights;
}

Weights Parts::trained(TensorMap tensors, const std::string& prefix) const {
  return adapted(Weights::starting_from(on_backbone(std::move(tensors), prefix), seed_, options_));
}

Weights Parts::frozen(const std::string& name, const std::string& prefix) const {
  return adapted(Weights(on_backbone(copy(name), prefix), name, options_));
}

Part Parts::part_of(nlohmann::json architecture, const Weights& weights, const std::string& prefix) const {
  Part part{std::move(architecture), weights.tensors(), std::nullopt};
  if (!train_embeddings_) part.frozen = {prefix + "embedding.weight", prefix + "unembedding.weight"};
  if (!lora_) return part;
  for (const auto& [name, tensor] : *backbone_) part.tensors.erase(prefix + name);
  part.adapter = {*lora_, prefix};
  return part;
}

TensorMap copy_of(const TensorMap& tensors) {
  TensorMap copies;
  for (const auto& [name, tensor] : tensors) copies[name] = tensor.detach().clone();
  return copies;
}

void copy_into(TensorMap& parameters, const TensorMap& values, const std::string& where) {
  const torch::NoGradGuard no_grad;
  for (auto& [name, parameter] : parameters) {
    const auto value = values.find(name);
    if (value == values.end() || value->second.sizes() != parameter.sizes()) {
      throw Error({where + ": tensor \"" + name + "\"", "the recipe's shape", "none or another shape",
                   "remove the run's folder to start again"});
    }
    parameter.copy_(value->second);
  }
}

}  // namespace noema
