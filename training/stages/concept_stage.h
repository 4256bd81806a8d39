#pragma once

#include <memory>

#include "concept_lm/concept_model.h"
#include "concept_lm/stop_head.h"
#include "sentence_vae/autoencoder.h"
#include "training/recipe.h"
#include "training/stages/stage.h"

namespace noema {

/// Learns to predict the next sentence's embedding, teacher-forced on true embeddings (the paper, section 3.2); a share
/// of the batches reads the model's own predictions instead, as continuous mode does. The autoencoders are frozen. With
/// a weight for hints, what the model thinks of over the question is learnt beside it.
std::unique_ptr<Stage> make_concept_stage(const ConceptModel& model, const Autoencoder& reads,
                                          const Autoencoder& writes, const ConceptStage& options);

/// Learns from concepts, those of continuous mode included, whether their sentence is the answer. All else is frozen.
std::unique_ptr<Stage> make_stop_stage(const StopHead& head, const ConceptModel& model, const Autoencoder& reads);

}  // namespace noema
