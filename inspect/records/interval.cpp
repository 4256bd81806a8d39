#include "inspect/records/interval.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "base/random.h"

namespace noema {
namespace {

std::vector<UnitSum> counts_of(const std::vector<Outcome>& outcomes) {
  std::vector<UnitSum> counts;
  std::map<std::string, std::size_t> places;
  for (const Outcome& outcome : outcomes) {
    const std::size_t place = outcome.unit ? places.emplace(*outcome.unit, counts.size()).first->second : counts.size();
    if (place == counts.size()) counts.emplace_back();
    counts[place].sum += outcome.right;
    counts[place].n += 1.0;
  }
  return counts;
}

}  // namespace

Interval bootstrap(const std::vector<UnitSum>& units) {
  constexpr std::size_t kSamples = 10'000;
  Random random(1);
  std::vector<double> shares;
  for (std::size_t sample = 0; sample < kSamples; ++sample) {
    UnitSum drawn;
    for (std::size_t i = 0; i < units.size(); ++i) {
      const UnitSum& unit = random.pick(units);
      drawn.sum += unit.sum;
      drawn.n += unit.n;
    }
    shares.push_back(drawn.sum / drawn.n);
  }
  std::sort(shares.begin(), shares.end());
  return {shares[kSamples / 40], shares[kSamples - 1 - kSamples / 40]};
}

Interval wilson(double hits, double n) {
  if (n <= 0.0) return {};
  constexpr double z = 1.959963984540054;  // of the normal distribution at 97.5%
  const double share = hits / n;
  const double centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
  const double half = z / (1.0 + z * z / n) * std::sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

ShareInterval share_interval(const std::vector<Outcome>& outcomes) {
  const std::vector<UnitSum> units = counts_of(outcomes);
  const auto n = static_cast<double>(outcomes.size()), count = static_cast<double>(units.size());
  double right = 0.0;
  for (const UnitSum& unit : units) right += unit.sum;
  const bool has_spread = right > 0.0 && right < n;
  ShareInterval interval;
  interval.units = static_cast<std::int64_t>(units.size());
  if (units.size() < outcomes.size() && has_spread) {
    static_cast<Interval&>(interval) = bootstrap(units);
    interval.method = ShareInterval::Method::bootstrap;
  } else {
    static_cast<Interval&>(interval) = wilson(right > 0.0 && !has_spread ? count : right, has_spread ? n : count);
  }
  return interval;
}

std::string to_string(ShareInterval::Method method) {
  return method == ShareInterval::Method::wilson ? "wilson" : "bootstrap";
}

}  // namespace noema
