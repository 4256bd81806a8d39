#pragma once

#include <algorithm>
#include <chrono>
#include <limits>

namespace noema {

/// Seconds of the fastest of `times` runs: what is least disturbed by whatever else the machine does.
template <typename Run>
double least_seconds(int times, const Run& run) {
  double least = std::numeric_limits<double>::infinity();
  for (int i = 0; i < times; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    least = std::min(least, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  return least;
}

}  // namespace noema
