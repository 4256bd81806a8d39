#include "tasks/sources/source.h"

#include <cmath>
#include <numeric>
#include <string>

namespace noema {

std::vector<std::size_t> numbers_below(std::size_t count) {
  std::vector<std::size_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), std::size_t{0});
  return numbers;
}

std::vector<std::size_t> shared_slots(const std::vector<double>& weights, std::size_t slots) {
  const auto is_positive = [](double weight) { return weight > 0.0; };
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  if (weights.empty() || !std::isfinite(sum) || !std::all_of(weights.begin(), weights.end(), is_positive)) {
    throw Error({"mixture", "a weight above 0 for each source", "another number, or none", "correct the weights"});
  }
  std::vector<std::size_t> numbers;
  double end = 0.0;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    end += weights[i];
    const std::size_t before = numbers.size();
    numbers.resize(static_cast<std::size_t>(std::llround(end / sum * static_cast<double>(slots))), i);
    if (numbers.size() > before) continue;
    throw Error({"mixture", "weights of which each gives at least one of " + std::to_string(slots) + " items",
                 std::to_string(weights[i]) + " of " + std::to_string(sum), "raise it, or leave the source out"});
  }
  return numbers;
}

}  // namespace noema
