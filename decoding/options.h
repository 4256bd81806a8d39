#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace noema {

/// How the next token is chosen.
struct SamplingOptions {
  double temperature = 0.0;  ///< 0: the most probable token
  int top_k = 0;             ///< choose among so many most probable tokens; 0: among all
  double top_p = 1.0;        ///< choose among the most probable tokens that together have this share
};

/// What ends latent reasoning, besides ReasoningOptions::max_steps. Token by token, the answer shows itself.
enum class StopRule {
  head,       ///< the stop head's probability that a sentence is the answer
  oracle,     ///< the decoded sentence itself is an answer
  repetition  ///< the concept hardly differs from the one before
};

/// How hybrid mode measures the uncertainty of a concept.
enum class UncertaintyMeasure {
  first_token,  ///< entropy of what the decoder would write first, in nats: one position of it
  readout,      ///< mean entropy of the tokens that a readout reads, in nats: a matrix product
  stop          ///< entropy of the stop head's decision, in nats
};

class Intervention;

/// How a question is reasoned about. Every field has a default that suits the shipped model.
struct ReasoningOptions {
  int max_steps = 24;                             ///< sentences before reasoning is cut off
  int max_sentence_tokens = 64;                   ///< tokens before a sentence is cut off
  std::vector<StopRule> stop = {StopRule::head};  ///< latent modes only: the first that applies ends reasoning
  double stop_threshold = 0.5;                    ///< probability above which a sentence is the answer
  bool abstain = false;                           ///< latent modes only: no reasoning about unfamiliar questions
  double repetition_threshold = 0.99;             ///< cosine above which a concept repeats the one before
  double latent_temperature = 0.0;                ///< Gaussian noise on each predicted concept, relative to its norm
  SamplingOptions sampling;                       ///< of tokens
  Intervention* intervention = nullptr;  ///< latent modes only: changes latents on their way; null: nobody does
  UncertaintyMeasure uncertainty = UncertaintyMeasure::first_token;  ///< hybrid mode only
  double uncertainty_threshold = 0.5;  ///< hybrid mode only: a step of more uncertainty than this is read back
};

/// How many questions are run, and what is wanted of the run besides answers. Nothing of it changes a greedy answer.
struct RunOptions {
  bool read_steps = false;                       ///< also decode the sentences that only people read
  std::int64_t batch = 32;                       ///< questions reasoned about together
  std::int64_t memory = 0;                       ///< bytes for caches: batches that need more are split; 0: no limit
  std::int64_t samples = 1;                      ///< trajectories of each question, which is read once for all of them
  std::uint64_t seed = 0;                        ///< the same seed gives the same trajectory at any batch size
  std::size_t first_question = 0;                ///< number of the first question asked: what is drawn depends on it
  bool count_flops = false;                      ///< fill in Cost::flops
  const std::atomic<bool>* cancelled = nullptr;  ///< when it becomes true, reasoning ends at the next step
};

}  // namespace noema
