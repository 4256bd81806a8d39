#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "concept_lm/bundle.h"
#include "decoding/observer.h"
#include "decoding/options.h"
#include "decoding/schedule.h"
#include "decoding/step_recorders.h"
#include "decoding/writing.h"
#include "tasks/task.h"

namespace noema {

/// What every part of a run needs to know.
struct RunContext {
  const Bundle& bundle;
  const Task& task;
  const ReasoningOptions& options;
  Observer* observer = nullptr;        ///< null: nobody watches
  StepRecorders* recorders = nullptr;  ///< null: there is no accelerator

  /// Whether somebody looks at every operation, so that none may be recorded.
  bool is_watched() const { return observer && observer->wants_operations(); }
};

/// Questions on their way through a strategy. A row is a question that is being reasoned about. Rows close up when one
/// is finished, and waiting questions enter behind them; the strategy makes its streams have the same rows.
class ActiveBatch {
 public:
  /// Takes what became of the question at a place in the list that was asked.
  using Deliver = std::function<void(std::size_t place, Trajectory trajectory)>;

  ActiveBatch(const RunContext& context, Schedule schedule, Deliver deliver);

  const RunContext& context() const { return context_; }

  /// Lets waiting questions in when there is room: their tokens, padded on the left, or nothing when none enters. Until
  /// all_entered() passes are theirs alone, and prefill.
  std::optional<Sentences> admit();
  void all_entered();

  std::size_t rows() const { return rows_.size(); }
  Trajectory& trajectory(std::size_t row) { return trajectories_[rows_[row]]; }
  Random& random(std::size_t row) { return randoms_[rows_[row]]; }
  const TokenIds& question(std::size_t row) const { return schedule_.question(rows_[row]); }
  const std::vector<std::size_t>& row_questions() const { return rows_; }  ///< by row, places in the list asked
  std::vector<Random*> randoms();

  /// Says what is being done from now on; the time since the last call goes to what was done before.
  void enter(Phase phase);

  /// One forward pass of all rows.
  void count_passes(std::int64_t passes = 1);

  /// Appends a step to a row, and tells the observer.
  void add_step(std::size_t row, Step step);

  /// Ends a row; it stays in place until drop_finished().
  void finish(std::size_t row, StopReason reason) { finished_[row] = reason; }
  bool is_finished(std::size_t row) const { return finished_[row].has_value(); }

  /// Ends rows whose question and written tokens leave no room in a context of `max_positions`.
  void look_for_full_context(std::int64_t max_positions);

  /// Ends all rows, and lets those that wait go, when the run was cancelled.
  void look_for_cancellation();

  /// Lets the finished rows go. The rows that stay, by their numbers before; nothing when all stay. What is finished is
  /// delivered; sentences that are still to be written for it are written together, as soon as they are enough.
  std::optional<std::vector<std::int64_t>> drop_finished();

  /// Decodes ẑ [B,Z], one a row, because the reasoning goes on from the texts. Counted as decoding.
  std::vector<WrittenSentence> write_rows(const torch::Tensor& z);

  /// Decodes the steps of one row that are not written, together, because the reasoning goes on from the texts, fills
  /// them in, and tells the observer.
  void write_missing(std::size_t row);

  /// Passes are of this row alone, until unfocus().
  void focus(std::size_t row) { focus_on({rows_[row]}); }
  void unfocus() { focus_on(rows_); }

 private:
  using Clock = std::chrono::steady_clock;

  /// A step of a trajectory, by their numbers.
  struct Place {
    std::size_t trajectory, step;
  };

  void focus_on(std::vector<std::size_t> trajectories);
  void deliver_finished();
  std::vector<Place> unwritten_of(std::size_t trajectory) const;
  void write(const std::vector<Place>& places, Phase phase);
  std::vector<WrittenSentence> decode(const torch::Tensor& z, const SamplingOptions& sampling,
                                      std::vector<Random*> randoms, std::int64_t* passes = nullptr) const;
  void hand_over(std::size_t trajectory);

  RunContext context_;
  Schedule schedule_;
  Deliver deliver_;
  std::vector<Trajectory> trajectories_;             // by place in the list asked
  std::vector<Random> randoms_;                      // the same
  std::vector<std::size_t> rows_;                    // trajectory of each row
  std::vector<std::optional<StopReason>> finished_;  // by row
  std::vector<std::size_t> undelivered_;             // finished trajectories of which sentences are to be written
  std::vector<std::size_t> focus_;                   // trajectory of each line of the passes now made
  std::size_t most_rows_ = 0;                        // that there were at once
  Phase phase_ = Phase::prefill;
  Clock::time_point phase_began_;
};

/// Recorded tokens where `recorder` is given (null: none), nobody watches and nothing is drawn; else one by one.
std::unique_ptr<TokenSource> token_source_for(const RunContext& context, const SamplingOptions& sampling,
                                              StepRecorder* recorder, const LanguageModel& model);

/// The sentence as a step: its text, what the model thought of its tokens, and the concept it was decoded from, if any.
Step to_step(const WrittenSentence& sentence, const Tokenizer& tokenizer, const torch::Tensor& z = {});

}  // namespace noema
