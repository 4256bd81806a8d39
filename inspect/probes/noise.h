#pragma once

#include <string>
#include <vector>

#include "inspect/probes/probe.h"

namespace noema {

struct NoiseOptions {
  std::vector<double> sigmas = {0.0, 0.1, 0.2, 0.4, 0.8, 1.6};  ///< relative to the norm of what noise is added to
  double probability = 0.5;                                     ///< of a step to get noise (the paper has one half)
};

/// Accuracy under Gaussian noise, over σ, for three places: the latent that continuous mode feeds back, and in
/// discretized mode the embedding of the text that was read ("text in") and the concept before it is written ("text
/// out"). Columns: mode, place, sigma, n, accuracy with its interval. The same questions and seed for every cell.
ProbeResult noise(const ReasonAbout& reason, const ReasoningOptions& base, const NoiseOptions& options = {});

}  // namespace noema
