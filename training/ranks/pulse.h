#pragma once

#include <c10/util/intrusive_ptr.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace c10d {
class Store;
}

namespace noema {

/// Why a run cannot go on.
struct Failure {
  int rank = 0;
  std::string reason;
};

/// Says in the store, twice a second and on a thread of its own, that this rank is alive. Rank 0 looks whether the
/// others are, the others whether rank 0's store answers. Counts are compared, never clocks.
class Pulse {
 public:
  Pulse(c10::intrusive_ptr<c10d::Store> store, int rank, int size);

  /// Ends the thread, or leaves it to the end of the process when the store may not answer it any more.
  ~Pulse();

  /// What the ranks have found, if any has failed.
  std::optional<Failure> failure() const;

  /// Turns of the thread so far: they stand still while the store does not answer.
  std::int64_t turns() const;

  /// This rank has lost a connection: rank 0 waits less long before it takes one for gone.
  void suspect();

  /// Makes it known to all, unless they know of another. Rank 0 waits until they have heard, some seconds at most.
  void post(const Failure& failure);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace noema
