#pragma once

#include <torch/types.h>

#include <memory>
#include <vector>

#include "nn/model/hidden_stream.h"
#include "sentence_vae/batch.h"
#include "sentence_vae/bottleneck.h"

namespace noema {

/// Embeds the sentences of growing texts one after the other, as discretized reasoning needs them.
class SentenceReader {
 public:
  virtual ~SentenceReader() = default;

  /// Embeddings [B,Z] of the sentence that each text goes on with.
  virtual torch::Tensor read(const std::vector<TokenIds>& sentences) = 0;

  /// Goes on with these texts only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;

  /// Starts more texts behind those that are there, with their questions (padded on the left).
  virtual void start(const Sentences& questions) = 0;
};

/// From a span of tokens to one vector. Const after construction; may be shared by threads.
class SentenceEncoder {
 public:
  virtual ~SentenceEncoder() = default;

  /// Posteriors [N,Z] of all steps of a batch.
  Posterior encode(const ReasoningBatch& batch, ComputeObserver* observer = nullptr) const {
    return posterior(states(batch, observer), batch, observer);
  }

  /// The two halves of it. Hidden states of everything that is read, flattened: of the steps [N*Ts,D] for a semantic
  /// encoder, of the texts [B*T,D] for a contextual one. More can be learnt from the same states.
  virtual torch::Tensor states(const ReasoningBatch& batch, ComputeObserver* observer = nullptr) const = 0;
  virtual Posterior posterior(const torch::Tensor& states, const ReasoningBatch& batch,
                              ComputeObserver* observer = nullptr) const = 0;

  /// Starts texts with their questions (padded on the left). The encoder must outlive the reader.
  virtual std::unique_ptr<SentenceReader> begin(const Sentences& questions,
                                                ComputeObserver* observer = nullptr) const = 0;

  /// Whether a reader has room for a text: for a question and sentences of so many tokens, newlines included.
  virtual bool has_room(std::int64_t question, const std::vector<std::int64_t>& sentences) const = 0;

  /// Bytes that a reader's caches of a text of so many tokens take, at most.
  virtual std::int64_t cache_bytes(std::int64_t tokens) const = 0;
};

/// How the encoder of an autoencoder is made.
class EncoderKind : public Kind {
 public:
  virtual std::unique_ptr<EncoderKind> clone() const = 0;

  /// Whether an embedding is made from what stands before the sentence, not from the sentence.
  virtual bool is_contextual() const = 0;

  /// `model` and `bottleneck` are the autoencoder's, and must outlive the encoder.
  virtual std::unique_ptr<SentenceEncoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                                WeightScope weights) const = 0;
};

/// The embedding of a sentence is made from the sentence alone: the hidden state at the newline that ends it (the
/// paper, section 3.1, "semantic").
std::unique_ptr<EncoderKind> semantic_encoder_kind();

/// The embedding of a sentence is made from everything before it: the hidden state at the newline that ends the text
/// before the sentence (the paper, section 3.1, "contextual").
std::unique_ptr<EncoderKind> contextual_encoder_kind();

/// The kinds of encoder that there are; add one here.
KindList<EncoderKind> encoder_kinds();

}  // namespace noema
