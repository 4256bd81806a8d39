#pragma once

#include <torch/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/fields.h"
#include "nn/model/weights.h"

namespace noema {

/// Which linear maps are adapted, and how much room the change of each has.
struct LoraOptions {
  std::int64_t rank = 8;  ///< of the change; 1 to 1024
  double alpha = 16.0;    ///< the change is scaled by alpha / rank
  /// Maps of every layer, by name: among attention.qkv, attention.out, feed_forward.in, feed_forward.out.
  std::vector<std::string> targets = {"attention.qkv", "attention.out"};

  void fields(Fields& fields);

  /// Throws Error, naming `where`, for senseless numbers, no targets, and maps that there are not.
  void check(const std::string& where) const;
};

/// The change of one linear map by LoRA (arXiv 2106.09685, section 4): y = W x + (alpha / rank) B A x. W is frozen; A
/// starts normal and B at zero, so that nothing is changed at first.
class LoraAdapter {
 public:
  /// "lora.a" [rank,inner] and "lora.b" [columns,rank], beside the weight [columns,inner] of the map.
  LoraAdapter(WeightScope map, std::int64_t inner, std::int64_t columns, const LoraOptions& options);

  /// What is added to W x: [...,columns] of x [...,inner].
  torch::Tensor operator()(const torch::Tensor& x) const;

  /// What is added to W: [columns,inner].
  torch::Tensor change() const;

 private:
  double scale_;
  torch::Tensor a_, b_;
};

/// The adapter of a map that is built from weights to be adapted; nothing when they are not, or the map is no target.
std::optional<LoraAdapter> make_lora(WeightScope map, std::int64_t inner, std::int64_t columns);

/// The weights with every adapter among them added, in fp32, to the map that it stands beside: models made of them need
/// not know of LoRA. Throws Error, naming `where`, when the adapters are not those of these targets and shapes.
TensorMap merge_lora(TensorMap tensors, const LoraOptions& options, const std::string& where);

}  // namespace noema
