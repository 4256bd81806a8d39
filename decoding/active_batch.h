#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "concept_lm/bundle.h"
#include "decoding/observer.h"
#include "decoding/options.h"
#include "decoding/sampling.h"
#include "tasks/task.h"

namespace noema {

/// What every part of a run needs to know.
struct RunContext {
  const Bundle& bundle;
  const Task& task;
  const ReasoningOptions& options;
  Observer* observer = nullptr;  ///< null: nobody watches
};

/// A batch of questions on its way through a strategy. A row is a question that is not finished; rows close up when one
/// is, and the strategy then makes its streams keep the same rows.
class ActiveBatch {
 public:
  /// `places`: where each question stands in the list that was asked.
  ActiveBatch(const RunContext& context, std::vector<std::size_t> places, const std::vector<TokenIds>& questions);

  const RunContext& context() const { return context_; }
  const Sentences& questions() const { return questions_; }  ///< of all rows at the start, padded on the left

  std::size_t rows() const { return rows_.size(); }
  Trajectory& trajectory(std::size_t row) { return trajectories_[rows_[row]]; }
  Random& random(std::size_t row) { return randoms_[rows_[row]]; }
  std::vector<Random*> randoms();
  std::vector<std::size_t> row_questions() const;  ///< place of each row's question in the list that was asked

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

  /// Ends all rows when the run was cancelled.
  void look_for_cancellation();

  /// Lets the finished rows go. The rows that stay, by their numbers before; nothing when all stay.
  std::optional<std::vector<std::int64_t>> drop_finished();

  /// Decodes ẑ [B,Z], one a row, because the reasoning goes on from the texts. Counted as decoding.
  std::vector<WrittenSentence> write_rows(const torch::Tensor& z);

  /// Decodes the steps of one row that have no text, together, because the reasoning goes on from the texts, and fills
  /// them in. Tokens of each, the newline included.
  std::vector<TokenIds> write_missing(std::size_t row);

  /// Tells the observer that passes are of `copies` lines of this row alone, until unfocus().
  void focus(std::size_t row, std::size_t copies = 1) const;
  void unfocus() const { tell_rows(); }

  /// Fills in the text of steps that have none: of all trajectories the last step, when `all` every one of them. The
  /// sentences are decoded together, as one batch.
  void write_steps(bool all);

  /// Reads the answers off the last sentences, and hands everything over.
  std::vector<Trajectory> take_trajectories();

 private:
  using Clock = std::chrono::steady_clock;

  void write(const std::vector<std::pair<std::size_t, std::size_t>>& which, bool are_views);
  void tell_rows() const;

  RunContext context_;
  std::vector<std::size_t> places_;
  Sentences questions_;
  std::vector<Trajectory> trajectories_;
  std::vector<Random> randoms_;
  std::vector<std::size_t> rows_;                    // trajectory of each row
  std::vector<std::optional<StopReason>> finished_;  // by row
  Phase phase_ = Phase::prefill;
  Clock::time_point phase_began_;
};

/// The sentence as a step: its text, what the model thought of its tokens, and the concept it was decoded from, if any.
Step to_step(const WrittenSentence& sentence, const Tokenizer& tokenizer, const torch::Tensor& z = {});

}  // namespace noema
