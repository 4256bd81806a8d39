#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "decoding/trajectory.h"
#include "inspect/records/record.h"

namespace noema {

/// The words for the reasons, in their order.
constexpr std::array<const char*, 7> words_of(StopReason) {
  return {"answered", "no_answer", "repeated", "max_steps", "context_full", "unfamiliar", "cancelled"};
}

static_assert(words_of(StopReason()).size() == static_cast<std::size_t>(StopReason::cancelled) + 1);

// A line of trajectories.jsonl as it is written, read and described: docs/trajectory.schema.json is made of these.

/// A mean of probabilities may round to slightly more than 1, a cosine to more.
inline constexpr Limits kShare{-1e-6, 1.0 + 1e-6}, kCosine{-1.0 - 1e-3, 1.0 + 1e-3}, kAmount{0.0, kHuge};
inline constexpr Limits kNullable{.null_if_none = true};
inline constexpr double kMostSteps = 1'000;

struct StepLine {
  std::string text;  ///< empty when nobody read the step
  bool is_view = false;
  double token_probability = 0.0, entropy = 0.0;
  std::optional<double> stop_probability;
  std::optional<std::vector<std::int32_t>> tokens;
  std::optional<std::size_t> latent;
  std::optional<double> norm, cosine_to_last;

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    member("text", &StepLine::text);
    member("is_view", &StepLine::is_view, "decoded to be looked at only: the reasoning went on from the vector");
    member("token_probability", &StepLine::token_probability, "mean over the tokens of the text", kShare);
    member("entropy", &StepLine::entropy, "mean over the tokens of the text, in nats", kAmount);
    member("stop_probability", &StepLine::stop_probability, "of the stop head", kShare);
    member("tokens", &StepLine::tokens, "ids, with --tokens");
    member("latent", &StepLine::latent, "row of the shard's tensors");
    member("norm", &StepLine::norm, "of the concept", kAmount);
    member("cosine_to_last", &StepLine::cosine_to_last, "to the concept of the step before", kCosine);
  }
};

struct CostLine {
  std::int64_t passes = 0, tokens = 0;
  double gflops = 0.0, prefill_gflops = 0.0;
  double prefill_ms = 0.0, reasoning_ms = 0.0, decoding_ms = 0.0;

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    member("passes", &CostLine::passes, "forward passes after the prefill, of any model", kAmount);
    member("tokens", &CostLine::tokens, "tokens written", kAmount);
    member("gflops", &CostLine::gflops, "in all; 0 when nobody counted", kAmount);
    member("prefill_gflops", &CostLine::prefill_gflops, "of reading the question", kAmount);
    member("prefill_ms", &CostLine::prefill_ms, "reading the question", kAmount);
    member("reasoning_ms", &CostLine::reasoning_ms, "from sentence to sentence", kAmount);
    member("decoding_ms", &CostLine::decoding_ms, "writing the answer, and what is read of the steps", kAmount);
  }
};

struct TrajectoryLine {
  int schema = 1;
  std::size_t id = 0;
  std::string question, mode;
  std::vector<StepLine> steps;
  std::optional<std::string> answer, true_answer;
  StopReason stop = StopReason::max_steps;
  CostLine cost;
  std::optional<bool> right, valid;
  std::optional<double> distance;

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    member("schema", &TrajectoryLine::schema, "", {1, 1});
    member("id", &TrajectoryLine::id, "number of the question in its file, from 0");
    member("question", &TrajectoryLine::question);
    member("mode", &TrajectoryLine::mode);
    member("steps", &TrajectoryLine::steps, "", {0, kMostSteps});
    member("answer", &TrajectoryLine::answer, "what the last sentence states", kNullable);
    member("true_answer", &TrajectoryLine::true_answer);
    member("stop", &TrajectoryLine::stop, "why reasoning ended");
    member("cost", &TrajectoryLine::cost);
    member("right", &TrajectoryLine::right, "the answer is the true one", kNullable);
    member("valid", &TrajectoryLine::valid, "the steps are a valid plan or proof", kNullable);
    member("distance", &TrajectoryLine::distance, "of the question from those that the model learnt", kAmount);
  }
};

/// A line of a dump, whose latents are in a file beside it.
struct DumpLine : TrajectoryLine {
  std::string shard;

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    TrajectoryLine::visit_members(member);
    member("shard", &DumpLine::shard, "safetensors file with the latents of these steps");
  }
};

}  // namespace noema
