#pragma once

#include <torch/types.h>

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>

#include "concept_lm/backbone.h"
#include "concept_lm/bundle_folder.h"
#include "nn/model/lora.h"

namespace noema {

/// A part that was trained, or is being trained.
struct Part {
  nlohmann::json architecture;           ///< as a bundle has it
  TensorMap tensors;                     ///< what is trained, and the model's own: changed in place, they change it
  std::optional<BundleAdapter> adapter;  ///< with LoRA: how they fit the backbone's, which are frozen and not among
                                         ///< them; nothing: there are no others
  std::string on = {};                   ///< the part whose tensors of the same names are these; empty: there is none
  std::set<std::string> frozen = {};     ///< tensors that training leaves as they are
};

/// What a stage may start from besides parts: the recipe's backbone, with all of its layers.
inline constexpr const char* kBackbonePart = "backbone";

/// The architectures of parts by their names.
using Architectures = std::map<std::string, nlohmann::json>;

/// The tensors and adapters of everything trained so far, by part. Models are built from copies, so that what is frozen
/// stays so. With LoRA all of them share the backbone's own weights, which nothing changes.
class Parts {
 public:
  /// Null: there is no backbone. Weights are made on `device`.
  Parts(std::uint64_t seed, const std::optional<LoraOptions>& lora, const Backbone* backbone,
        bool train_embeddings = true, torch::Device device = torch::kCPU);

  void add(const std::string& name, Part part) { parts_[name] = std::move(part); }
  bool has(const std::string& name) const;
  const std::map<std::string, Part>& all() const { return parts_; }

  /// The architecture of a part. Throws Error if there is no such part.
  const nlohmann::json& architecture(const std::string& name) const;

  /// Copies of what a stage starts from, "backbone" being all layers of the recipe's. With LoRA that is what has been
  /// trained: the backbone lies below anyway.
  /// Throws Error if there is no such part.
  TensorMap copy(const std::string& name) const;

  /// Weights to be trained, from these tensors and new ones where there is none; `prefix` stands before the names of
  /// the backbone's.
  Weights trained(TensorMap tensors, const std::string& prefix = "") const;

  /// The same of a part that has nothing of the backbone's.
  Weights new_or(TensorMap tensors) const { return Weights::starting_from(std::move(tensors), seed_, options_); }

  /// Those of a part that stays as it is.
  Weights frozen(const std::string& name, const std::string& prefix = "") const;

  /// The part that was built from such weights.
  Part part_of(nlohmann::json architecture, const Weights& weights, const std::string& prefix = "") const;

 private:
  TensorMap on_backbone(TensorMap tensors, const std::string& prefix) const;
  Weights adapted(Weights weights) const;

  std::uint64_t seed_;
  std::optional<LoraOptions> lora_;
  bool train_embeddings_;
  torch::TensorOptions options_;
  std::optional<TensorMap> backbone_;  // fp32, on the device; nothing: from nothing
  TensorMap whole_;                    // all layers of it, as they are stored
  std::map<std::string, Part> parts_;
};

/// Copies that share nothing.
TensorMap copy_of(const TensorMap& tensors);

/// Copies values into tensors of the same names and shapes. Throws Error, naming `where`, when they differ.
void copy_into(TensorMap& parameters, const TensorMap& values, const std::string& where);

}  // namespace noema
