#pragma once

#include "nn/model/language_model.h"
#include "sentence_vae/batch.h"

namespace noema {

/// Reads the last tokens of a sentence from its embedding, each by a linear map of its own. A step's conclusion stands
/// at its end, and the decoder can work it out while it writes; trained with this loss an embedding holds the
/// conclusion itself, where the concept model finds it without writing.
class Readout {
 public:
  /// `model` gives the token embeddings that score, and must outlive this. `places`: how many tokens are read.
  Readout(const LanguageModel& model, std::int64_t latent_width, std::int64_t places, WeightScope weights);

  /// Scores [N,places,V] of the tokens before a sentence's newline, the last one first.
  torch::Tensor logits(const torch::Tensor& z /*[N,Z]*/, ComputeObserver* observer = nullptr) const;

  /// Mean cross-entropy, in nats, of the tokens that the sentences have there.
  torch::Tensor loss(const torch::Tensor& z /*[N,Z]*/, const Sentences& sentences) const;

 private:
  const LanguageModel& model_;
  std::int64_t places_;
  Linear maps_;
};

}  // namespace noema
