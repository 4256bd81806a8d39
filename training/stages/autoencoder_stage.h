#pragma once

#include <memory>

#include "sentence_vae/autoencoder.h"
#include "training/recipe.h"
#include "training/stages/stage.h"

namespace noema {

/// Learns sentence embeddings from which the decoder writes the sentence (the paper, section 3.1): reconstruction for
/// semantic embeddings, prediction for contextual ones. With `semantic` and a contrast weight: contextual C, which
/// aligns the embeddings with the frozen semantic ones of the same steps by InfoNCE.
std::unique_ptr<Stage> make_autoencoder_stage(const Autoencoder& autoencoder, const Autoencoder* semantic,
                                              const AutoencoderStage& options);

}  // namespace noema
