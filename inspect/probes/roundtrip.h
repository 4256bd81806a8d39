#pragma once

#include <vector>

#include "inspect/probes/concept_distances.h"
#include "inspect/probes/probe.h"
#include "inspect/probes/sentences.h"

namespace noema {

/// What comes back when the sentences of examples are encoded and decoded again, for each autoencoder of the bundle: a
/// semantic one reconstructs a sentence from itself, a contextual one from the question and the steps before it. By
/// sentence length in tokens, the newline included (1-4, 5-8, 9-12, 13+, all). Columns: autoencoder, tokens, n, exact
/// (the same text) with its 95% interval, mean BLEU and mean edit distance (see text_distance.h). Examples that are too
/// long for an encoder are left out. Throws Error when the bundle has no autoencoder, and when nothing is left.
ProbeResult reconstruction(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                           const SentenceOptions& options = {});

/// `reconstruction`, and `concept_distances` when there are trajectories.
std::vector<ProbeResult> roundtrip(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                                   const std::vector<RecordedTrajectory>& trajectories = {},
                                   const DistanceOptions& options = {});

}  // namespace noema
