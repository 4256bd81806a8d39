#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "decoding/trajectory.h"

namespace noema {

/// A trajectory as it is kept: with the question's number in its file, and how it was judged.
struct RecordedTrajectory {
  std::size_t id = 0;
  Trajectory trajectory;
  std::optional<bool> right;  ///< nothing when there is no true answer
  std::optional<bool> valid;  ///< of plans and proofs
  std::string true_answer;    ///< empty when there is none
};

/// One line of trajectories.jsonl: id, question, mode, steps (text, is_view, stop_probability, token_probability,
/// entropy, norm, cosine to the step before, and "latent": its row in the safetensors file), answer, stop, cost, score.
/// `first_latent` is the row of the first step that has a concept. With tokens, also their ids by step.
nlohmann::json to_json(const RecordedTrajectory& recorded, std::int64_t first_latent, bool with_tokens = false);

/// What a trajectory cost, as JSON.
nlohmann::json to_json(const Cost& cost);

/// "answered", "no_answer", "repeated", "max_steps", "context_full" or "cancelled".
std::string to_string(StopReason reason);

}  // namespace noema
