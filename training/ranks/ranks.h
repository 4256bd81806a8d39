#pragma once

#include <torch/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace noema {

/// Processes that train one model together, seen from one of them. All make the same calls in the same order. Every
/// call that waits for the others throws Error, naming the rank and the reason, when one of them has ended or is gone.
class Ranks {
 public:
  virtual ~Ranks() = default;
  virtual int rank() const = 0;  ///< from 0 on
  virtual int size() const = 0;

  /// Sums a tensor over the ranks in place, alike to the bit on all of them. Does not wait; the tensor is not to be
  /// touched before finish_sums().
  virtual void start_sum(const torch::Tensor& tensor) = 0;
  virtual void finish_sums() = 0;  ///< waits for all that were started

  /// The texts of all ranks, by rank.
  virtual std::vector<std::string> gather(const std::string& mine) = 0;

  /// Tells the others why this rank ends, so that they end with that reason, and waits until they know: some seconds at
  /// most. Never throws.
  virtual void fail(const std::string& reason) = 0;

  virtual double seconds_waited() const = 0;  ///< for the others, so far
  virtual std::int64_t bytes_summed()
      const = 0;  ///< of tensors, so far: what the formula of docs/scaling.md starts from

  bool is_first() const { return rank() == 0; }

  /// Whether this rank computes what has this number in a list that is dealt out.
  bool has(std::size_t number) const {
    return number % static_cast<std::size_t>(size()) == static_cast<std::size_t>(rank());
  }
};

/// The only process.
std::unique_ptr<Ranks> alone();

/// Whether any rank says so.
bool any(Ranks& ranks, bool mine);

/// Throws Error, the same on all ranks, when one has another text than the first: `what` names it.
void agree(Ranks& ranks, const std::string& what, const std::string& mine);

/// The first rank does it, then the others, which find what it has left.
void first_then_others(Ranks& ranks, const std::function<void()>& action);

}  // namespace noema
