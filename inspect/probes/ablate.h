#pragma once

#include "inspect/probes/probe.h"

namespace noema {

struct AblateOptions {
  std::vector<std::string> modes = {"continuous"};
  std::size_t freezes = 4;  ///< steps after which to freeze: the first so many
};

/// Accuracy when what is fed back is replaced: by zeros, by the mean of all latents, by another question's, by a random
/// vector of the same norm, or frozen after step 1, 2, …. What the latents carry is what is lost. Columns: mode,
/// ablation, n, accuracy with its interval, share of answers that changed.
ProbeResult ablate(const ReasonAbout& reason, const ReasoningOptions& base, const AblateOptions& options = {});

}  // namespace noema
