#pragma once

#include <cstdint>
#include <vector>

#include "inspect/probes/probe.h"
#include "inspect/probes/sentences.h"

namespace noema {

struct DistanceOptions {
  SentenceOptions sentences;
  std::int64_t max_steps = 50'000;  ///< compared; more are an Error: each is held against all others
};

/// How far concepts lie from the embeddings that they should be, for trajectories (continuous mode) of questions whose
/// true steps are known. `id` of a trajectory is the place of its example. Step i of a trajectory is held against step
/// i of its example; steps without a concept, beyond the true ones, or beyond what the models can read are left out. By
/// step (1 to 12, 13+, all), means of:
///
/// - l2_predicted, cosine_predicted: between ẑ and the true embedding of the step, which is made from the true text by
///   the encoder of `bundle.writes`.
/// - l2_reencoded, cosine_reencoded: between the re-encoded and the true embedding. ẑ is decoded, and the encoder of
///   `bundle.reads` embeds the sentence after the question and the steps before, all as decoded. A contextual encoder
///   does not look at the sentence itself: there it is the error that the decoded steps before bring in, and none at
///   step 1. The true embedding is of the same encoder.
/// - l2_between, cosine_between: between ẑ and the re-encoded embedding; null when `reads` and `writes` are different
///   spaces.
/// - nearest_right with its 95% interval: share of ẑ whose nearest true embedding, among those of all compared
///   steps, is the right one or one of an equal sentence.
/// - contrastive: see Retrieval.
/// - mutual_information, in nats a token: see SentenceLikelihood; by the chain model, of the decoded sentence with the
///   question and the steps before it as decoded. Sentences count by their tokens. Null without a chain model.
///
/// l2_predicted, l2_reencoded, contrastive and mutual_information are ℓ2, ℓ2-r, CA and MI of Large Concept Models
/// (arXiv 2412.08821, section 2.4.1), but on the model's own trajectories where the paper goes on from true sentences.
/// Throws Error when there is nothing to compare, when a trajectory belongs to no example, and when an autoencoder is
/// missing.
ProbeResult concept_distances(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                              const std::vector<RecordedTrajectory>& trajectories, const DistanceOptions& options = {});

}  // namespace noema
