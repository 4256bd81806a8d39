#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "base/random.h"
#include "decoding/run_context.h"
#include "decoding/schedule.h"

namespace noema {

/// A question and how far it has come.
struct ActiveQuestion {
  std::size_t place = 0;  ///< in the list that was asked
  Trajectory trajectory;
  Random random;  ///< its own
};

/// The questions that are being reasoned about, a row each. Rows close up where some are finished, and waiting
/// questions enter after them; whoever has streams makes them have the same rows.
class Rows {
 public:
  Rows(const RunContext& context, Schedule schedule) : context_(context), schedule_(std::move(schedule)) {}

  std::size_t size() const { return rows_.size(); }
  ActiveQuestion& operator[](std::size_t row) { return rows_[row]; }
  const TokenIds& question(std::size_t row) const { return schedule_.question(rows_[row].place); }
  const TokenIds& question_at(std::size_t place) const { return schedule_.question(place); }
  std::vector<Random*> randoms();           ///< by row; until rows come or go
  std::vector<std::size_t> places() const;  ///< by row, in the list that was asked
  std::vector<std::size_t> steps() const;   ///< by row, how many its trajectory has

  /// Whether waiting questions would enter now.
  bool can_admit() const { return !schedule_.is_empty() && schedule_.entering(places()) > 0; }

  /// Lets them in, in rows after those that are there; those that do not fit are finished, their context full. The
  /// places of the questions that entered.
  std::vector<std::size_t> admit(const std::function<bool(const TokenIds& question)>& fits);

  /// Appends a step to a row, and tells the observer.
  void add_step(std::size_t row, Step step);

  /// Ends a row, which stays in place until it is taken; the first reason counts.
  void finish(std::size_t row, StopReason reason);

  /// Ends all rows, and those that wait, when the run was cancelled.
  void finish_if_cancelled();

  /// What is left when the finished questions are taken out.
  struct Taken {
    std::vector<ActiveQuestion> finished;
    std::optional<std::vector<std::int64_t>> staying;  ///< rows, by their numbers before; nothing: all
  };
  Taken take_finished();

 private:
  struct Row : ActiveQuestion {
    bool is_finished = false;
  };

  Random random_of(std::size_t place) const;
  void turn_away(std::size_t place, StopReason reason);

  const RunContext& context_;
  Schedule schedule_;
  std::vector<Row> rows_;
  std::vector<ActiveQuestion> turned_away_;  // finished before they entered
};

}  // namespace noema
