#pragma once

#include <cstdint>

#include "tasks/example.h"

namespace noema {

/// Makes the examples of a task. Const; may be shared by threads.
class Generator {
 public:
  virtual ~Generator() = default;

  /// Example `index` of the endless stream `seed`.
  Example generate(std::uint64_t seed, std::uint64_t index) const { return group(seed, index, {}).example; }

  /// The same example with the companions wanted, as far as it has them.
  virtual ExampleGroup group(std::uint64_t seed, std::uint64_t index, const Companions& wanted) const = 0;

  /// Whether there are examples that have a twin, or siblings.
  virtual bool has_twins() const = 0;
  virtual bool has_siblings() const = 0;
};

}  // namespace noema
