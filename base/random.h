#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace noema {

/// A small seeded generator (SplitMix64) whose results are the same on every platform and compiler,
/// which the distributions of <random> are not.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  /// The generator of item `index` of the stream `seed`: items can be made in any order.
  static Random of(std::uint64_t seed, std::uint64_t index);

  std::uint64_t next();                  ///< 64 uniform bits
  double uniform();                      ///< in [0, 1)
  std::uint64_t below(std::uint64_t n);  ///< in [0, n), without bias; n > 0
  int between(int low, int high);        ///< in [low, high], both included
  bool chance(double probability) { return uniform() < probability; }

  template <typename T>
  const T& pick(const std::vector<T>& items) {
    return items[below(items.size())];
  }

  template <typename T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace noema
