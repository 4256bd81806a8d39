#pragma once

#include <memory>
#include <string>

#include "concept_lm/concept_model.h"
#include "concept_lm/stop_head.h"
#include "sentence_vae/autoencoder.h"
#include "training/stages/objective.h"

namespace noema {

/// What a concept model learns besides what its head does.
struct ConceptOptions {
  double dropout = 0.0;  ///< before the output projection, and on what is read; the paper has 0.2
  double readout_weight = 0.0;
  double early_exit = 0.0;
  double hint_weight = 0.0;
  std::int64_t hint_layer = 1;
  double rollouts = 0.0;
  double twins = 0.0;
};

/// Learns to predict the next sentence's embedding, teacher-forced on true embeddings (the paper, section 3.2); a share
/// of the batches reads the model's own predictions instead, as continuous mode does. The autoencoders are frozen. With
/// a weight for hints, what the model thinks of over the question is learnt besides.
std::unique_ptr<ReasoningObjective> make_concept_objective(const ConceptModel& model, const Autoencoder& reads,
                                                           const Autoencoder& writes, const ConceptOptions& options);

/// Learns from concepts, those of continuous mode included, whether their sentence is the answer. All else is frozen.
std::unique_ptr<ReasoningObjective> make_stop_objective(const StopHead& head, const ConceptModel& model,
                                                        const Autoencoder& reads);

}  // namespace noema
