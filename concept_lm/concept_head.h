#pragma once

#include <torch/types.h>

#include <memory>

#include "base/kinds.h"
#include "concept_lm/projection.h"
#include "sentence_vae/decoder.h"
#include "sentence_vae/losses.h"

namespace noema {

/// A predicted sentence embedding.
struct Concept {
  torch::Tensor embedding;  ///< ẑ [N,Z], in the decoder's space
  torch::Tensor input;      ///< [N,D], in the concept model's input space: what continuous mode appends. Undefined
                            ///< where it has been appended already
  torch::Tensor stop = {};  ///< log-odds [N] that its sentence is the answer; undefined: nobody has asked yet
};

/// What a head learns from: the concept model's hidden states and the sentences that they should predict.
struct ConceptTarget {
  torch::Tensor hidden;            ///< [N,D]
  torch::Tensor embedding;         ///< z of the true next sentence in the decoder's space [N,Z]
  torch::Tensor input;             ///< its embedding in the concept model's input space [N,D]
  const Sentences& sentences;      ///< the true next sentences
  torch::Tensor sentence_numbers;  ///< [N] int64, equal for equal sentences
  const SentenceDecoder& decoder;  ///< frozen; gradients pass through it
  double dropout = 0.0;            ///< on the hidden state that is projected
  at::Generator& generator;        ///< of the dropout
};

/// From the concept model's hidden states to the next sentence's embedding.
class ConceptHead {
 public:
  virtual ~ConceptHead() = default;
  virtual Concept predict(const torch::Tensor& hidden /*[N,D]*/, ComputeObserver* observer = nullptr) const = 0;
  virtual LossTerms loss(const ConceptTarget& target) const = 0;
};

/// What a head is made for. Everything in it must outlive the head.
struct HeadShape {
  std::int64_t width = 0;         ///< D of the hidden states
  std::int64_t latent_width = 0;  ///< Z of the embeddings that it predicts
  const Projection& to_input;     ///< from embeddings to the concept model's input space
};

/// How the head of a concept model is made.
class HeadKind : public Kind {
 public:
  virtual std::unique_ptr<HeadKind> clone() const = 0;
  virtual std::unique_ptr<ConceptHead> make(const HeadShape& shape, WeightScope weights) const = 0;
};

/// The paper's head: cross-entropy of the sentence through the frozen decoder, and InfoNCE between the hidden state and
/// the true next sentence's embedding in the input space, so that the hidden state itself can be the next input
/// (section 3.2).
std::unique_ptr<HeadKind> decoding_head_kind();

/// Mean squared error to the true embedding, as the Base-LCM of Large Concept Models (arXiv 2412.08821, section 2.3.1).
std::unique_ptr<HeadKind> regression_head_kind();

/// The kinds of head that there are; add one here.
KindList<HeadKind> head_kinds();

/// x with each element zeroed with probability `p` and the others scaled to keep the mean.
torch::Tensor dropout(const torch::Tensor& x, double p, at::Generator& generator);

}  // namespace noema
