#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "inspect/records/evaluation.h"

namespace noema {

/// How well a score tells two groups apart.
struct Auroc {
  double value = 0.5;  ///< chance that a score of the first group is above one of the second; ties count half
  Interval interval;   ///< 95% (Newcombe 2006, "Confidence intervals for an effect size measure based on the
                       ///< Mann-Whitney statistic", part 2, method 5)
  std::int64_t positives = 0, negatives = 0;
};

/// Area under the ROC curve of `positives` against `negatives`, as the Mann-Whitney statistic (Hanley & McNeil 1982).
/// Nothing when one of the groups is empty.
std::optional<Auroc> auroc(const std::vector<double>& positives, std::vector<double> negatives);

}  // namespace noema
