#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "decoding/active_batch.h"

namespace noema {

/// What rows have just come to, before it is part of their trajectories.
struct NewSteps {
  std::vector<std::optional<Step>> steps;  ///< by row; nothing where a row is in the midst of a sentence
  const Concept* concepts = nullptr;       ///< of all rows; null: token by token
};

/// A rule that says with which steps reasoning ends. Rules combine: each looks at all rows, and the first that finishes
/// one says why.
class Stopping {
 public:
  virtual ~Stopping() = default;

  /// Finishes rows. A rule may fill in what it finds out about their steps.
  virtual void judge(ActiveBatch& batch, NewSteps& now) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& /*rows*/) {}
};

/// Whether a row can go on after its new step, if it has one.
using HasRoom = std::function<bool(std::size_t row, const std::optional<Step>& step)>;

/// Familiarity where the bundle can tell, the rules of the options, then circles in texts, the most steps, and room.
/// Throws Error when the bundle lacks what a rule needs.
std::unique_ptr<Stopping> make_concept_stopping(const RunContext& context, HasRoom has_room);

/// Token by token: an answer, then circles, the most steps, and room.
std::unique_ptr<Stopping> make_token_stopping(int max_steps, HasRoom has_room);

/// Has the rule judge what rows have come to, and appends it to their trajectories.
void take_in(ActiveBatch& batch, Stopping& stopping, NewSteps now);

}  // namespace noema
