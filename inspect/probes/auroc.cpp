#include "inspect/probes/auroc.h"

#include <algorithm>
#include <cmath>

namespace noema {
namespace {

/// Standard error of the statistic if its true value is `area`, for groups of m and n (Newcombe 2006, method 5: Hanley
/// and McNeil's, symmetric in the groups).
double standard_error(double area, double m, double n) {
  const double others = (m + n) / 2.0 - 1.0;
  const double factor = 1.0 + others * (1.0 - area) / (2.0 - area) + others * area / (1.0 + area);
  return std::sqrt(area * (1.0 - area) * factor / (m * n));
}

/// The true value between `value` and `end` that lies just so far away that `value` would be an unlikely outcome.
double interval_end(double value, double end, double m, double n) {
  constexpr double z = 1.959963984540054;  // of the normal distribution at 97.5%
  constexpr int kHalvings = 50;
  double near = value, far = end;
  for (int i = 0; i < kHalvings; ++i) {
    const double middle = (near + far) / 2.0;
    (std::abs(middle - value) < z * standard_error(middle, m, n) ? near : far) = middle;
  }
  return (near + far) / 2.0;
}

}  // namespace

std::optional<Auroc> auroc(const std::vector<double>& positives, std::vector<double> negatives) {
  if (positives.empty() || negatives.empty()) return std::nullopt;
  std::sort(negatives.begin(), negatives.end());
  double above = 0.0;
  for (const double score : positives) {
    const auto [first, last] = std::equal_range(negatives.begin(), negatives.end(), score);
    above += static_cast<double>(first - negatives.begin()) + 0.5 * static_cast<double>(last - first);
  }
  const auto m = static_cast<double>(positives.size()), n = static_cast<double>(negatives.size());
  const double value = above / (m * n);
  return Auroc{value,
               {interval_end(value, 0.0, m, n), interval_end(value, 1.0, m, n)},
               static_cast<std::int64_t>(positives.size()),
               static_cast<std::int64_t>(negatives.size())};
}

}  // namespace noema
