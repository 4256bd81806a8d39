#pragma once

#include <memory>

#include "sentence_vae/autoencoder.h"
#include "training/stages/objective.h"

namespace noema {

/// What an autoencoder learns.
struct AutoencoderOptions {
  double prefix_dropout = 0.0;  ///< the paper has 0.2 in the contextual stage
  double readout_weight = 0.0;

  // Contextual only.
  double contrast_weight = 0.0;  ///< above 0: contextual C; the paper has 0.5
  double temperature = 0.1;
  double chain_weight = 0.0;
  double hint_weight = 0.0;
};

/// Learns sentence embeddings from which the decoder writes the sentence (the paper, section 3.1): reconstruction for
/// semantic embeddings, prediction for contextual ones. With `semantic` and a contrast weight: contextual C, which
/// aligns the embeddings with the frozen semantic ones of the same steps by InfoNCE.
std::unique_ptr<ReasoningObjective> make_autoencoder_objective(const Autoencoder& autoencoder,
                                                               const Autoencoder* semantic,
                                                               const AutoencoderOptions& options);

}  // namespace noema
