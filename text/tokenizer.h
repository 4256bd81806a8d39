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
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Throws Error where `text` is not UTF-8. decode(encode(text)) == text for every other text.
  virtual std::vector<TokenId> encode(std::string_view text) const = 0;

  /// Ids outside the vocabulary are an Error; an incomplete UTF-8 sequence becomes U+FFFD.
  virtual std::string decode(std::span<const TokenId> ids) const = 0;

  virtual int vocab_size() const = 0;

  /// The token that is exactly "\n": it ends every question and every step.
  virtual TokenId newline() const = 0;

  /// The file's content, as it is written into a model bundle.
  virtual const std::string& serialized() const = 0;

  /// The piece of one id as it stands in the vocabulary, for displays.
  virtual std::string piece(TokenId id) const = 0;
};

/// How a sentencepiece vocabulary is trained.
struct TokenizerOptions {
  int vocab_size = 1024;        ///< pieces, the 256 byte pieces included
  int max_piece_length = 24;    ///< characters; long enough for a fixed phrase
};

/// Trains a sentencepiece model (unigram, digits split, pieces may cross spaces, byte fallback, no normalisation) on
/// `texts`. The same texts and options give the same tokenizer.
std::unique_ptr<Tokenizer> train_tokenizer(const std::vector<std::string>& texts, const TokenizerOptions& options);

/// Reads a sentencepiece model. Throws Error when it is missing, malformed, or lacks a "\n" piece.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path);

/// The same from a file's content; `where` names it in errors.
std::unique_ptr<Tokenizer> parse_tokenizer(std::string content, const std::string& where);

}  // namespace noema
