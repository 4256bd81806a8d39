#pragma once

#include <cstdint>

#include "inspect/probes/probe.h"

namespace noema {

struct SamplesOptions {
  std::vector<std::string> modes = {"chain", "continuous"};
  std::vector<std::int64_t> counts = {1, 2, 4, 8};  ///< of samples, each above 0
};

/// Reasons about each question so many times, with draws, and gives what was recorded: samples of a question stand
/// together, in its order.
using DrawSamples = std::function<std::vector<RecordedTrajectory>(const std::string& mode, std::int64_t samples)>;

/// What several answers to a question are worth, and what they cost: the accuracy of a vote among the first k samples,
/// the unbiased chance that one of k is right (pass@k, arXiv 2107.03374, section 2.1), and GFLOPs a question, which is
/// read once. Columns: mode, samples, n, accuracy of the vote with its interval, pass, GFLOPs. Throws Error for counts
/// below 1.
ProbeResult sample_votes(const DrawSamples& draw, const SamplesOptions& options);

}  // namespace noema
