#include "inspect/probes/shares.h"

#include <algorithm>
#include <cstdio>

namespace noema {

void add_share(std::vector<nlohmann::json>& row, double hits, double n) {
  if (n <= 0.0) {
    row.insert(row.end(), 3, nullptr);
    return;
  }
  const Interval interval = wilson(hits, n);
  const double share = hits / n;  // rounding can put an end of the interval just beyond it
  row.insert(row.end(), {share, std::min(interval.low, share), std::max(interval.high, share)});
}

std::string share_text(double hits, double n) {
  if (n <= 0.0) return "none";
  const Interval interval = wilson(hits, n);
  char text[80];
  std::snprintf(text, sizeof text, "%.1f%% (95%% interval %.1f to %.1f%%)", 100.0 * hits / n, 100.0 * interval.low,
                100.0 * interval.high);
  return text;
}

std::string number_text(double value, const Interval& interval) {
  char text[80];
  std::snprintf(text, sizeof text, "%.3f (95%% interval %.3f to %.3f)", value, interval.low, interval.high);
  return text;
}

}  // namespace noema
