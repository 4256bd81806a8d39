#pragma once

#include "inspect/probes/probe.h"

namespace noema {

struct NecessityOptions {
  std::string mode = "continuous";
  std::size_t max_steps = 6;  ///< steps that are tried, from the first
};

/// Which steps does the answer hang on? Each step by itself is taken away (zeros are fed back for it) or replaced (by
/// another question's, or by a random vector of its norm), and the share of answers that change is its causal weight.
/// Only questions that have the step and another after it count. Columns: step, change, n, share of changed answers
/// with its interval, share that went from right to wrong.
ProbeResult necessity(const ReasonAbout& reason, const ReasoningOptions& base, const NecessityOptions& options = {});

}  // namespace noema
