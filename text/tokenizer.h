#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace noema {

using TokenId = std::int32_t;

/// Text to token ids and back. Const after construction; may be shared by threads.
///
/// No token but the newline goes over the end of a line, so lines can be encoded one by one: encode(a + "\n") followed
/// by encode(b) is encode(a + "\n" + b).
///
/// Those that noema trains encode each line as if a space stood before it, and that space is left out again when it is
/// decoded: a word is the same token at the start of a line and inside.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Throws Error with the offset where `text` is not UTF-8. decode(encode(text)) == text for every other text, but for
  /// characters that an imported vocabulary lacks.
  virtual std::vector<TokenId> encode(std::string_view text) const = 0;

  /// The text of whole lines (the ids of a line's end alone lose their leading space). Ids outside the vocabulary are
  /// an Error; an incomplete UTF-8 sequence becomes U+FFFD.
  virtual std::string decode(std::span<const TokenId> ids) const = 0;

  virtual int vocab_size() const = 0;

  /// The token that is exactly "\n": it ends every question and every step.
  virtual TokenId newline() const = 0;

  /// The file's content, as it is written into a model bundle.
  virtual const std::string& serialized() const = 0;

  /// The piece of one id as it stands in the vocabulary, for displays. Throws Error as decode does.
  virtual std::string piece(TokenId id) const = 0;
};

/// How a sentencepiece vocabulary is trained.
struct TokenizerOptions {
  int vocab_size = 1024;                  ///< pieces, the 256 byte pieces included
  int max_piece_length = 24;              ///< characters; phrases (see find_phrases) may be longer
  std::vector<std::string> phrases = {};  ///< pieces in place of those that find_phrases finds: each begins with a
                                          ///< space, and ends where a word does or with a punctuation mark
};

/// Trains a sentencepiece model on `texts`: byte-pair encoding within words, each with its leading space; the phrases
/// given, or those of find_phrases, as one piece each; every digit a piece; byte fallback; no normalisation. Small
/// corpora give fewer pieces than asked for. The same texts and options give the same tokenizer. Throws Error when a
/// text is not UTF-8, when there is no text, or when the characters and phrases alone are more than `vocab_size`.
std::unique_ptr<Tokenizer> train_tokenizer(const std::vector<std::string>& texts, const TokenizerOptions& options);

/// Reads what a tokenizer gave as serialized(): a sentencepiece model that train_tokenizer made, or a byte-level
/// vocabulary. Throws Error when it is missing or malformed, lacks the "\n" or a byte piece, or rewrites texts.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

/// The same from a file's content; `where` names it in errors.
std::unique_ptr<Tokenizer> parse_tokenizer(std::string content, const std::string& where);

}  // namespace noema
