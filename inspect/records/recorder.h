#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "decoding/trajectory.h"
#include "inspect/records/trajectory_line.h"

namespace noema {

/// A trajectory as it is kept: with the question's number in its file, and how it was judged.
struct RecordedTrajectory {
  std::size_t id = 0;
  Trajectory trajectory;
  std::optional<bool> right;  ///< nothing when there is no true answer
  std::optional<bool> valid;  ///< of plans and proofs
  std::optional<std::string> true_answer;
  std::optional<std::string> unit = {};  ///< see Task::unit
};

/// A trajectory as a line of trajectories.jsonl says it. `first_latent` is the row in the safetensors file of the first
/// step that has a concept. With tokens, also their ids by step.
TrajectoryLine line_of(const RecordedTrajectory& recorded, std::size_t first_latent, bool with_tokens = false);

/// What a trajectory cost, as JSON.
nlohmann::json to_json(const Cost& cost);

/// "answered", "no_answer", "repeated", "max_steps", "context_full", "unfamiliar" or "cancelled".
std::string to_string(StopReason reason);

}  // namespace noema
