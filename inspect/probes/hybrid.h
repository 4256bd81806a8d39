#pragma once

#include <vector>

#include "concept_lm/bundle.h"
#include "inspect/probes/probe.h"

namespace noema {

struct HybridOptions {
  std::vector<double> shares = {0.5, 0.3, 0.2, 0.1, 0.05};  ///< of the steps, to be read back: sets the thresholds
  bool chosen_on_others = false;  ///< `choose` asks other questions than `reason`: for the conclusion
};

/// Two tables. How well each measure of uncertainty, and the entropy of the whole sentence, tells wrong answers of
/// continuous mode by the greatest uncertainty of their steps: AUROC with its interval. Then accuracy and cost of
/// hybrid mode with the measure that does best of those that need no sentence, over thresholds between discretized and
/// continuous mode. The first table, the measure and the thresholds come from the questions of `choose`, which must
/// read steps; the second table from those of `reason`, which must count FLOPs and not read steps. Where both ask the
/// same questions, it flatters. With an answer that is never wrong, or never right, there is nothing to tell.
std::vector<ProbeResult> hybrid(const Bundle& bundle, const ReasonAbout& reason, const ReasonAbout& choose,
                                const ReasoningOptions& base, const HybridOptions& options = {});

}  // namespace noema
