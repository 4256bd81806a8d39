#include "text/byte_level_tokenizer.h"

#include <algorithm>
#include <array>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "text/byte_level_pieces.h"
#include "text/byte_merges.h"

namespace noema {
namespace {

constexpr std::size_t kCachedPieces = 1 << 16;
constexpr std::size_t kLongestCachedPiece = 64;
constexpr TokenId kNone = -1;

/// How each byte is spelled: printable ones of Latin-1 as they are, the others from U+0100 on (GPT-2's encoder.py).
const std::array<std::string, 256>& spellings() {
  static const auto all = [] {
    std::array<std::string, 256> spelled;
    int others = 0;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174;
      const int c = printable ? byte : 256 + others++;
      spelled[static_cast<std::size_t>(byte)] =
          c < 128 ? std::string(1, static_cast<char>(c))
                  : std::string{static_cast<char>(0xC0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    }
    return spelled;
  }();
  return all;
}

std::string spelled(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += spellings()[static_cast<unsigned char>(byte)];
  return text;
}

/// The bytes that a token's spelling stands for; nothing when it is no spelling.
std::optional<std::string> bytes_of(std::string_view spelling) {
  static const auto inverse = [] {
    std::unordered_map<std::string_view, char> bytes;
    for (std::size_t byte = 0; byte < 256; ++byte) bytes[spellings()[byte]] = static_cast<char>(byte);
    return bytes;
  }();
  std::string bytes;
  while (!spelling.empty()) {
    const std::size_t length = static_cast<unsigned char>(spelling[0]) < 128 ? 1 : 2;
    const auto found = inverse.find(spelling.substr(0, length));
    if (found == inverse.end()) return std::nullopt;
    bytes += found->second;
    spelling.remove_prefix(length);
  }
  return bytes;
}

const char* name_of(PreTokenizer pre_tokenizer) { return pre_tokenizer == PreTokenizer::gpt2 ? "gpt2" : "digits"; }

class ByteLevelTokenizer final : public Tokenizer {
 public:
  ByteLevelTokenizer(const ByteLevelVocabulary& vocabulary, const std::string& where)
      : pre_tokenizer_(vocabulary.pre_tokenizer), tokens_(vocabulary.tokens) {
    for (std::size_t id = 0; id < tokens_.size(); ++id) {
      if (ids_.try_emplace(tokens_[id], static_cast<TokenId>(id)).second) continue;
      throw Error({where, "every token once", "\"" + printable(tokens_[id]) + "\" twice", "the vocabulary is damaged"});
    }
    mark_control(vocabulary.control, where);
    for (const auto& [left, right] : vocabulary.merges) {
      merges_.add(need(left, where), need(right, where), need(left + right, where));
    }
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const auto found = ids_.find(spellings()[byte]);
      bytes_[byte] = found == ids_.end() ? kNone : found->second;
    }
    newline_ = need(spelled("\n"), where);
    serialize(vocabulary);
  }

  std::vector<TokenId> encode(std::string_view text) const override {
    need_utf8(text, "text");
    std::vector<TokenId> ids;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      for (const std::string_view piece : byte_level_pieces(text.substr(0, end), pre_tokenizer_)) append(piece, ids);
      if (end < text.size()) ids.push_back(newline_);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return ids;
  }

  std::string decode(std::span<const TokenId> ids) const override {
    std::string bytes;
    for (const TokenId id : ids) bytes += text_.at(checked(id));
    return utf8_repaired(bytes);
  }

  int vocab_size() const override { return static_cast<int>(tokens_.size()); }
  TokenId newline() const override { return newline_; }
  const std::string& serialized() const override { return serialized_; }
  std::string piece(TokenId id) const override { return utf8_repaired(tokens_[checked(id)]); }

 private:
  void mark_control(const std::vector<TokenId>& control, const std::string& where) {
    for (const std::string& token : tokens_) text_.push_back(bytes_of(token).value_or(token));
    for (const TokenId id : control) {
      if (id < 0 || id >= vocab_size()) {
        throw Error({where, "control tokens of the vocabulary", std::to_string(id), "the vocabulary is damaged"});
      }
      text_[static_cast<std::size_t>(id)].clear();
    }
  }

  TokenId need(const std::string& token, const std::string& where) const {
    const auto found = ids_.find(token);
    if (found != ids_.end()) return found->second;
    throw Error({where, "a token \"" + printable(token) + "\"", "none", "its merges and its vocabulary do not fit"});
  }

  std::size_t checked(TokenId id) const {
    if (id >= 0 && id < vocab_size()) return static_cast<std::size_t>(id);
    throw Error({"token id", "0 to " + std::to_string(vocab_size() - 1), std::to_string(id), ""});
  }

  void append(std::string_view piece, std::vector<TokenId>& ids) const {
    if (piece.size() > kLongestCachedPiece) {
      const auto merged = merges_.merged(bytes_as_tokens(piece));
      ids.insert(ids.end(), merged.begin(), merged.end());
      return;
    }
    const std::string key(piece);
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = cache_.find(key); found != cache_.end()) {
        ids.insert(ids.end(), found->second.begin(), found->second.end());
        return;
      }
    }
    auto merged = merges_.merged(bytes_as_tokens(piece));
    ids.insert(ids.end(), merged.begin(), merged.end());
    const std::unique_lock lock(mutex_);
    if (cache_.size() < kCachedPieces) cache_.emplace(key, std::move(merged));
  }

  std::vector<TokenId> bytes_as_tokens(std::string_view piece) const {
    std::vector<TokenId> tokens;
    for (const char byte : piece) {
      const TokenId id = bytes_[static_cast<unsigned char>(byte)];
      if (id != kNone) tokens.push_back(id);
    }
    return tokens;
  }

  void serialize(const ByteLevelVocabulary& vocabulary) {
    nlohmann::json merges = nlohmann::json::array();
    for (const auto& [left, right] : vocabulary.merges) merges.push_back({left, right});
    const nlohmann::json json = {{"kind", "byte_level"},
                                 {"pre_tokenizer", name_of(pre_tokenizer_)},
                                 {"tokens", tokens_},
                                 {"merges", merges},
                                 {"control", vocabulary.control}};
    serialized_ = json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  PreTokenizer pre_tokenizer_;
  std::vector<std::string> tokens_, text_;  // by id: as spelled, and what it stands for
  std::unordered_map<std::string, TokenId> ids_;
  ByteMerges merges_;
  std::array<TokenId, 256> bytes_ = {};
  TokenId newline_ = 0;
  std::string serialized_;
  mutable std::shared_mutex mutex_;
  mutable std::unordered_map<std::string, std::vector<TokenId>> cache_;
};

}  // namespace

std::unique_ptr<Tokenizer> make_byte_level_tokenizer(const ByteLevelVocabulary& vocabulary, const std::string& where) {
  return std::make_unique<ByteLevelTokenizer>(vocabulary, where);
}

}  // namespace noema
