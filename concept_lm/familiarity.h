#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/fields.h"
#include "nn/model/weights.h"

namespace noema {

/// What a Familiarity is made of, besides its tensors.
struct FamiliarityConfig {
  std::int64_t latent_width = 0;           ///< Z
  double most = 0.0;                       ///< the distance up to which a question is familiar
  std::vector<std::string> examples = {};  ///< questions that the model learnt, E of them

  void fields(Fields& fields);
};

/// Whether a question is like those that a model learnt: by the Mahalanobis distance of its first concept from theirs
/// (arXiv 1807.03888, section 2.1, with one class). It costs Z² multiplications a question.
class Familiarity {
 public:
  /// "mean" [Z], "whitening" [Z,Z], and "examples" [E,Z], the first concepts of the examples, whitened.
  Familiarity(const FamiliarityConfig& config, WeightScope weights);

  /// First concepts [N,Z] in whitened space, where distances are Euclidean.
  torch::Tensor whitened(const torch::Tensor& first_concepts) const;

  /// Root mean square of whitened concepts [N,Z]: about 1 for questions like those that were learnt.
  static torch::Tensor distances(const torch::Tensor& whitened);

  bool is_familiar(double distance) const { return distance <= config_.most; }

  /// The nearest of the examples to a whitened concept [Z].
  const std::string& nearest(const torch::Tensor& whitened) const;

  const FamiliarityConfig& config() const { return config_; }

 private:
  FamiliarityConfig config_;
  torch::Tensor mean_, whitening_, examples_;
};

}  // namespace noema
