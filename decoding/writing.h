#pragma once

#include <memory>
#include <vector>

#include "decoding/sampling.h"
#include "nn/device/step_recorder.h"
#include "nn/model/token_stream.h"
#include "sentence_vae/sentences.h"

namespace noema {

/// Rows of text in the writing: what each of them goes on with.
class TokenSource {
 public:
  virtual ~TokenSource() = default;

  /// Whether rows may enter now.
  virtual bool can_join() const = 0;

  /// Takes in rows behind those that are there.
  virtual void join(const TokenStream& entering) = 0;

  /// The next token of each row, which draws from its own of `randoms`.
  virtual std::vector<TokenChoice> choose(std::span<Random* const> randoms) = 0;

  /// Goes on with these tokens, one a row.
  virtual void append(const std::vector<std::int64_t>& ids) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// Chooses one token after the other.
std::unique_ptr<TokenSource> make_token_source(const SamplingOptions& options);

/// Takes several tokens at a time, each the most probable; where other tokens are appended than were chosen, it goes
/// back. The streams are of `model`, which the recorder must have been made for.
std::unique_ptr<TokenSource> make_recorded_token_source(StepRecorder& recorder, const LanguageModel& model);

/// A sentence in the writing: tokens without the newline, and what the model thought of them.
struct WrittenSentence {
  TokenIds tokens;
  bool ended = false;  ///< with a newline; otherwise it was cut off
  std::int64_t choices = 0;
  double probability_sum = 0.0, entropy_sum = 0.0;

  /// Takes in one more token; the sentence has ended when it is the newline.
  void add(const TokenChoice& choice, TokenId newline);
  double probability() const { return choices > 0 ? probability_sum / static_cast<double>(choices) : 0.0; }
  double entropy() const { return choices > 0 ? entropy_sum / static_cast<double>(choices) : 0.0; }
};

/// Writes one sentence a row, to the newline or `max_tokens`. `passes`, if given, counts forward passes.
std::vector<WrittenSentence> write_sentences(TokenSource& source, std::vector<Random*> randoms, TokenId newline,
                                             int max_tokens, std::int64_t* passes = nullptr);

/// The same behind what a stream has read.
std::vector<WrittenSentence> write_sentences(const TokenStream& stream, const SamplingOptions& options,
                                             std::vector<Random*> randoms, TokenId newline, int max_tokens);

}  // namespace noema
