#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/kinds.h"
#include "base/random.h"
#include "concept_lm/projection.h"
#include "sentence_vae/decoder.h"
#include "sentence_vae/losses.h"

namespace noema {

/// Predicted sentence embeddings, a row each.
struct Concept {
  torch::Tensor embedding;  ///< ẑ [N,Z], in the decoder's space
  torch::Tensor input;      ///< [N,D], in the concept model's input space: what continuous mode appends
  torch::Tensor stop = {};  ///< log-odds [N] that its sentence is the answer; undefined: nobody has asked yet

  Concept select(const std::vector<std::int64_t>& rows) const;
};

/// The sentences that rows have read after their questions, the last one at the end.
struct ReadSentences {
  torch::Tensor inputs = {};              ///< [N,S,D] as they were read; zeros in front of rows that have read fewer
  std::vector<std::int64_t> counts = {};  ///< [N]
};

/// What N sentences are predicted from.
struct ConceptContext {
  torch::Tensor hidden;                   ///< [N,D] states of the concept model after what was read
  ReadSentences before = {};              ///< undefined unless the head needs it
  std::span<Random* const> randoms = {};  ///< each row's own, so that what is drawn for a question does not depend on
                                          ///< its batch; empty unless the head needs them
  ComputeObserver* observer = nullptr;
};

/// What a head learns from: what it predicts from, and the sentences that it should predict.
struct ConceptTarget {
  ConceptContext context;
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

  /// What of its context a head looks at besides the hidden states. A head that looks at neither may be recorded.
  struct Needs {
    bool sentences_before = false;
    bool randoms = false;
  };
  virtual Needs needs() const { return {}; }

  virtual Concept predict(const ConceptContext& context) const = 0;
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

/// Draws an embedding from the hidden state and noise in one step, and learns by the energy score of several draws
/// against the true embedding (CALM, arXiv 2510.27688, section 3.3).
std::unique_ptr<HeadKind> energy_head_kind();

/// The kinds of head that there are; add one here.
KindList<HeadKind> head_kinds();

/// x with each element zeroed with probability `p` and the others scaled to keep the mean.
torch::Tensor dropout(const torch::Tensor& x, double p, at::Generator& generator);

}  // namespace noema
