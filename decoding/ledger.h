#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

#include "decoding/observer.h"
#include "nn/device/accelerator.h"

namespace noema {

/// What each question costs, by its place in the list that was asked; and who is told. What is done costs nobody
/// anything but within a Scope.
class Ledger {
 public:
  /// Null: there is no accelerator; nobody watches. Both must outlive the ledger.
  Ledger(std::size_t questions, const Accelerator* accelerator, Observer* observer);

  /// While it lives, what is done is of one phase, and row i of every pass belongs to question lines[i], which may
  /// stand in several lines. One scope may stand within another, which goes on afterwards. Time is shared equally by
  /// the lines.
  class Scope {
   public:
    Scope(Ledger& ledger, Phase phase, std::vector<std::size_t> lines);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// Passes are of these lines only from now on.
    void keep(const std::vector<std::int64_t>& lines);

    /// One forward pass of all lines. Counts neither reading questions nor what is only looked at.
    void count_pass();

    /// One token written in each line; counts as above.
    void count_tokens();

   private:
    friend Ledger;

    bool counts() const { return phase_ == Phase::reasoning || phase_ == Phase::decoding; }

    Ledger& ledger_;
    Scope* outer_;
    Phase phase_;
    std::vector<std::size_t> lines_;
  };

  /// All but floating-point operations.
  const Cost& cost(std::size_t question) const { return costs_[question]; }

 private:
  using Clock = std::chrono::steady_clock;

  void settle();
  void go_on(Scope* scope);

  const Accelerator* accelerator_;
  Observer* observer_;
  std::vector<Cost> costs_;
  Scope* scope_ = nullptr;  // the innermost; null: nothing is being done
  Clock::time_point since_;
};

}  // namespace noema
