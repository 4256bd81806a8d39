#pragma once

#include <torch/types.h>

#include <memory>

#include "nn/device/token_recorder.h"
#include "nn/model/language_model.h"
#include "nn/model/token_stream.h"
#include "sentence_vae/batch.h"
#include "sentence_vae/bottleneck.h"

namespace noema {

/// Writes sentences several tokens at a time.
class SentenceRecorder {
 public:
  virtual ~SentenceRecorder() = default;

  /// Starts to write the sentences of z [N,Z], which have ended before others start. The recorder must outlive them.
  virtual TokensAhead begin(const torch::Tensor& z) = 0;
};

/// From a vector to the tokens of a sentence. Const after construction; may be shared by threads.
class SentenceDecoder {
 public:
  virtual ~SentenceDecoder() = default;

  /// Scores [M,V] of all real tokens of the sentences (row after row), each given z [N,Z] and the tokens before it.
  virtual torch::Tensor logits(const torch::Tensor& z, const Sentences& sentences) const = 0;

  /// Starts to write the sentences of z [N,Z]. The decoder must outlive the writer.
  virtual std::unique_ptr<TokenWriter> begin(const torch::Tensor& z, ComputeObserver* observer = nullptr) const = 0;

  /// The same as an accelerator's recorded work, each token chosen by `choose`. The decoder must outlive the recorder.
  virtual std::unique_ptr<SentenceRecorder> record(std::shared_ptr<const Accelerator> accelerator,
                                                   ChooseTokens choose) const = 0;

  /// How many tokens a sentence can have, its newline included.
  virtual std::int64_t max_tokens() const = 0;

  /// Bytes that the caches of a sentence of so many tokens take, at most.
  virtual std::int64_t cache_bytes(std::int64_t tokens) const = 0;
};

/// How the decoder of an autoencoder is made.
class DecoderKind : public Kind {
 public:
  virtual std::unique_ptr<DecoderKind> clone() const = 0;

  /// `model` and `bottleneck` are the autoencoder's, and must outlive the decoder.
  virtual std::unique_ptr<SentenceDecoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                                WeightScope weights) const = 0;
};

/// z takes one position before the tokens (the paper, section 3.1).
std::unique_ptr<DecoderKind> prefix_decoder_kind();

/// The kinds of decoder that there are; add one here.
KindList<DecoderKind> decoder_kinds();

/// Whether the most probable tokens by logits [M,V] are those of the sentence, for each sentence [N] bool; the rows of
/// the logits are those of sentences.real_tokens().
torch::Tensor exact_sentences(const torch::Tensor& logits, const Sentences& sentences);

/// Mean cross-entropy of the sentences under the decoder, in nats a token; and whether greedy decoding of each z gives
/// exactly its sentence [N] bool (greedy decoding is exact if and only if every token is the first choice given those
/// before it).
struct DecodingScore {
  torch::Tensor cross_entropy;
  torch::Tensor exact;
};
DecodingScore score_decoding(const SentenceDecoder& decoder, const torch::Tensor& z, const Sentences& sentences);

}  // namespace noema
