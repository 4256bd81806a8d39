#pragma once

#include <torch/torch.h>

#include "sentence_vae/autoencoder.h"

namespace noema {

/// Embeddings [N,Z] of the steps of a batch, through which no gradient flows.
inline torch::Tensor frozen_embeddings(const Autoencoder& autoencoder, const ReasoningBatch& batch) {
  const torch::NoGradGuard frozen;
  return autoencoder.encoder().encode(batch).mean;
}

}  // namespace noema
