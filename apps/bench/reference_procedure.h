#pragma once

#include <string>

#include "concept_lm/bundle.h"

namespace noema {

/// How the paper reasons in continuous mode, without what makes it quick: always ten latent steps, the question read
/// again before each of them, and all ten decoded, side by side, the sentences read again before each token. Continuous
/// mode is timed against it.
class ReferenceProcedure {
 public:
  /// The bundle must outlive it. Throws Error when it has no concept model.
  ReferenceProcedure(const Bundle& bundle, const std::string& question);

  /// The ten sentences, as tokens without the newline.
  std::vector<TokenIds> run() const;

 private:
  torch::Tensor reason() const;  // ẑ [10,Z]

  const Bundle& bundle_;
  torch::Tensor question_;  // [1,T] token ids
};

}  // namespace noema
