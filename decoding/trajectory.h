#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tasks/task.h"

namespace noema {

/// How a sentence came to its end.
enum class SentenceEnd {
  newline,
  cut_off,    ///< at the most tokens
  repetition  ///< where it went round in a circle
};

/// One sentence of a trajectory.
struct Step {
  bool is_written = false;                 ///< whether it was decoded: somebody asked for its text
  std::string text;                        ///< empty when it is not written
  std::vector<std::int32_t> tokens;        ///< of the text, the newline left out
  SentenceEnd end = SentenceEnd::newline;  ///< of the text
  bool is_view = false;                    ///< decoded to be looked at only: reasoning went on from the vector
  torch::Tensor concept_;                  ///< ẑ [Z]; undefined token by token
  std::optional<double> stop_probability;  ///< of the stop head
  double token_probability = 0.0;          ///< mean over the tokens of the text
  double entropy = 0.0;                    ///< mean over the tokens of the text, in nats
};

/// What a question cost.
struct Cost {
  std::int64_t passes = 0;  ///< forward passes after the prefill, of any model
  std::int64_t tokens = 0;  ///< tokens written
  double flops = 0.0;       ///< in all; 0 when nobody counted
  double prefill_flops = 0.0;
  double prefill_ms = 0.0;    ///< reading the question; times of a batch are shared equally by its questions
  double reasoning_ms = 0.0;  ///< from sentence to sentence
  double decoding_ms = 0.0;   ///< writing the answer, and what is read of the steps

  double total_ms() const { return prefill_ms + reasoning_ms + decoding_ms; }
};

/// How like those that the model learnt a question is.
struct QuestionFamiliarity {
  double distance = 0.0;  ///< see Familiarity
  bool is_familiar = true;
  std::string nearest;  ///< of the examples that the model has
};

/// Why reasoning ended.
enum class StopReason {
  answered,      ///< with a sentence that states an answer
  no_answer,     ///< with a sentence that the stop head took for the answer, but that states none
  repeated,      ///< with a concept that hardly differs from the one before, or a sentence that goes round in a circle
  max_steps,     ///< cut off at the most steps
  context_full,  ///< cut off where a model's context has no room for what comes next
  unfamiliar,    ///< before it began: the question is unlike those that the model learnt
  cancelled      ///< by whoever asked
};

/// The answer that a step states: one that did not come to its own end states none, unless the task is open-ended.
std::optional<std::string> answer_of(const Task& task, const Step& step);

/// A question, the sentences on the way, and the answer.
struct Trajectory {
  std::string question;
  std::string mode;
  std::vector<Step> steps;            ///< the last one is the answer sentence, if any
  std::optional<std::string> answer;  ///< what the last sentence states; nothing when it states none
  StopReason stop = StopReason::max_steps;
  std::optional<QuestionFamiliarity> familiarity;  ///< latent modes of a bundle that can tell
  Cost cost;
};

}  // namespace noema
