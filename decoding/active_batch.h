#pragma once

#include <optional>
#include <vector>

#include "decoding/pending_texts.h"

namespace noema {

/// What rows enter with. Samples of one question that enter together have it read once.
struct EnteringRows {
  Sentences questions;               ///< each once, padded on the left
  std::vector<std::size_t> readers;  ///< of each question, the place of the first row that asks it
  std::vector<std::int64_t> of_row;  ///< which of them each row asks
  std::vector<std::size_t> places;   ///< of each row

  bool are_samples() const { return readers.size() < places.size(); }
};

/// A way of reasoning about rows: what it does with its streams.
class RowLoop {
 public:
  virtual ~RowLoop() = default;

  /// Whether rows may enter now.
  virtual bool can_join() const = 0;

  /// Whether there is room for reasoning about a question.
  virtual bool fits(const TokenIds& question) const = 0;

  /// Reads the questions of rows that enter after those that are there, in scopes of its own.
  virtual void join(const EnteringRows& entering) = 0;

  /// One step of all rows, in a scope that has a line for each; the finished ones leave.
  virtual void step(Ledger::Scope& reasoning) = 0;
};

/// What a strategy works on: the questions under way, what they cost, and what is still to be written for them.
class ActiveBatch {
 public:
  ActiveBatch(const RunContext& run_context, Schedule schedule, PendingTexts::Deliver deliver)
      : context(run_context),
        ledger(schedule.size(), context.bundle.accelerator.get(), context.observer),
        rows(context, std::move(schedule)),
        writer(context, ledger),
        pending_(context, ledger, writer, std::move(deliver)) {}

  const RunContext& context;
  Ledger ledger;
  Rows rows;
  StepWriter writer;

  /// Lets questions in as there is room, and takes steps until none is left.
  void run(RowLoop& loop);

  /// Lets the finished rows go, or all where the run was cancelled: the rows that stay, by their numbers before;
  /// nothing when all stay. `reasoning` has a line for each row, before and after.
  std::optional<std::vector<std::int64_t>> drop_finished(Ledger::Scope& reasoning);

 private:
  void admit(RowLoop& loop);
  EnteringRows entering_rows(const std::vector<std::size_t>& places) const;

  PendingTexts pending_;
};

}  // namespace noema
