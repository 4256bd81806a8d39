#include "base/random.h"

namespace noema {

Random Random::of(std::uint64_t seed, std::uint64_t index) {
  // Nested, not combined symmetrically: item 2 of stream 1 must not be item 1 of stream 2.
  return Random(Random(Random(seed).next() + index).next());
}

std::uint64_t Random::next() {
  std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

double Random::uniform() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::uint64_t Random::below(std::uint64_t n) {
  const std::uint64_t unbiased_end = ~std::uint64_t{0} - (~std::uint64_t{0} % n + 1) % n;
  std::uint64_t bits = next();
  while (bits > unbiased_end) bits = next();
  return bits % n;
}

int Random::between(int low, int high) {
  return low + static_cast<int>(below(static_cast<std::uint64_t>(high - low) + 1));
}

}  // namespace noema
