#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace noema {

struct Interval {
  double low = 0.0, high = 1.0;
};

/// The interval of a share of `hits` among `n` that holds with 95% probability (Wilson's score interval).
Interval wilson(double hits, double n);

/// What is summed over a unit, and over how much.
struct UnitSum {
  double sum = 0.0, n = 0.0;
};

/// The interval of Σ sum / Σ n that holds with 95% probability: the percentile bootstrap over units, which are
/// independent (Efron and Tibshirani, "An introduction to the bootstrap", 1993), 10,000 samples with a fixed seed.
Interval bootstrap(const std::vector<UnitSum>& units);

/// What is right or wrong, and what it is not independent of.
struct Outcome {
  bool right = false;
  std::optional<std::string> unit;  ///< nothing for one that stands alone
};

struct ShareInterval : Interval {
  enum class Method { wilson, bootstrap } method = Method::wilson;
  std::int64_t units = 0;  ///< that are independent
};

/// The interval of the share of right outcomes that holds with 95% probability: Wilson's if every outcome is a unit by
/// itself. Else the bootstrap over units; it has no width if all are right or all wrong, and then it is Wilson's with a
/// question a unit.
ShareInterval share_interval(const std::vector<Outcome>& outcomes);

/// "wilson" or "bootstrap".
std::string to_string(ShareInterval::Method method);

}  // namespace noema
