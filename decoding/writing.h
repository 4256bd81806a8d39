#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "decoding/ledger.h"
#include "decoding/run_context.h"
#include "decoding/sampling.h"
#include "sentence_vae/decoder.h"

namespace noema {

/// Rows of text in the writing: which token each of them goes on with.
class TokenSource {
 public:
  virtual ~TokenSource() = default;

  /// The next token of each row, which draws from its own of `randoms`.
  virtual std::vector<TokenChoice> choose(std::span<Random* const> randoms) = 0;

  /// Goes on with these tokens, one a row.
  virtual void append(const std::vector<std::int64_t>& ids) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

/// One where rows may enter.
class ChainSource : public TokenSource {
 public:
  /// Whether rows may enter now.
  virtual bool can_join() const = 0;

  /// Takes in rows after those that are there.
  virtual void join(const TokenStream& entering) = 0;
};

/// Of the chain model: tokens are taken from recorded steps where there are any, nobody watches and nothing is drawn;
/// else one by one. Throws Error for senseless options.
std::unique_ptr<ChainSource> make_chain_source(const RunContext& context);

/// The sentences of ẑ [N,Z], in the same ways.
std::unique_ptr<TokenSource> begin_sentences(const RunContext& context, const torch::Tensor& z,
                                             const SamplingOptions& sampling);

/// A sentence in the writing: tokens without the newline, and what the model thought of them.
struct WrittenSentence {
  TokenIds tokens;
  std::optional<SentenceEnd> end;  ///< nothing: it goes on
  std::int64_t choices = 0;
  double probability_sum = 0.0, entropy_sum = 0.0;

  /// Takes in one more token. The sentence ends with the newline, at `max_tokens`, and where its last 16 tokens are the
  /// same one to four again and again.
  void add(const TokenChoice& choice, TokenId newline, std::int64_t max_tokens);
  double probability() const { return choices > 0 ? probability_sum / static_cast<double>(choices) : 0.0; }
  double entropy() const { return choices > 0 ? entropy_sum / static_cast<double>(choices) : 0.0; }
};

/// Writes one sentence a row, to its end. `scope`, if given, counts passes and tokens, and has a
/// line for each row.
std::vector<WrittenSentence> write_sentences(TokenSource& source, std::vector<Random*> randoms, TokenId newline,
                                             std::int64_t max_tokens, Ledger::Scope* scope = nullptr);

/// The same of z [N,Z], outside a run. No sentence has more tokens than the decoder can write.
std::vector<WrittenSentence> write_sentences(const SentenceDecoder& decoder, const torch::Tensor& z,
                                             const SamplingOptions& sampling, std::vector<Random*> randoms,
                                             TokenId newline, std::int64_t max_tokens);

/// The sentence as a step: its text, what the model thought of its tokens, and the concept it was decoded from, if any.
Step to_step(const WrittenSentence& sentence, const Tokenizer& tokenizer, const torch::Tensor& z = {});

}  // namespace noema
