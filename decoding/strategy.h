#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "decoding/active_batch.h"

namespace noema {

/// A way from questions to answers. Const; may be shared by threads.
class Strategy {
 public:
  virtual ~Strategy() = default;

  /// Throws Error when the bundle lacks a part that the strategy works with.
  virtual void check(const Bundle& bundle) const = 0;

  /// Bytes that a row whose question has so many tokens takes in caches, at most.
  virtual std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const = 0;

  /// Reasons until no question is left.
  virtual void run(ActiveBatch& batch) const = 0;
};

/// No reasoning: the answer sentence is written token by token right after the question. Its mark, where the task has
/// one, is given, since a model that was trained on whole chains would start with a step.
std::unique_ptr<Strategy> make_direct_strategy();

/// All sentences token by token: the baseline.
std::unique_ptr<Strategy> make_chain_strategy();

/// Concepts are appended as they are; only the answer is decoded (the paper, section 3.3).
std::unique_ptr<Strategy> make_continuous_strategy();

/// Each concept is decoded, the text is encoded, and that embedding is appended (the paper, section 3.3).
std::unique_ptr<Strategy> make_discretized_strategy();

/// A concept is appended as it is when the model is sure of it, and as the embedding of its text when it is uncertain
/// (see ReasoningOptions::uncertainty).
std::unique_ptr<Strategy> make_hybrid_strategy();

/// The strategies by name: "direct", "chain", "continuous", "discretized", "hybrid". Throws Error, with the nearest
/// name, for others.
std::unique_ptr<Strategy> make_strategy(std::string_view mode);
const std::vector<std::string>& mode_names();

}  // namespace noema
