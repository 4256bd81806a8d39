#include "text/tokenizer.h"

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <algorithm>
#include <functional>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "text/byte_level_tokenizer.h"
#include "text/phrases.h"
#include "text/sentencepiece_file.h"

namespace noema {
namespace {

// sentencepiece writes a space as U+2581. Where a text holds that character itself, it is encoded as its three bytes.
constexpr std::string_view kSpaceMark = "\u2581";
constexpr std::string_view kNewlinePiece = "\n";
constexpr std::size_t kCachedWords = 1 << 16;
constexpr std::size_t kLongestCachedWord = 64;

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(from, begin), text.size());
    result += text.substr(begin, end - begin);
    if (end == text.size()) break;
    result += to;
    begin = end + from.size();
  }
  return result;
}

std::string byte_piece(unsigned char byte) {
  constexpr char kHex[] = "0123456789ABCDEF";
  return std::string("<0x") + kHex[byte >> 4] + kHex[byte & 15] + ">";
}

/// Phrases by their first word, the longest first.
class PhraseTable {
 public:
  void add(std::string phrase, TokenId id) {
    auto& same_start = by_first_word_[std::string(first_word(phrase))];
    same_start.emplace_back(std::move(phrase), id);
    std::sort(same_start.begin(), same_start.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
  }

  /// The longest phrase that `line` starts with and that ends where a word ends; null when there is none.
  const std::pair<std::string, TokenId>* match(std::string_view line) const {
    const auto found = by_first_word_.find(std::string(first_word(line)));
    if (found == by_first_word_.end()) return nullptr;
    for (const auto& phrase : found->second) {
      if (line.starts_with(phrase.first) && ends_a_word(line, phrase.first.size())) return &phrase;
    }
    return nullptr;
  }

 private:
  static std::string_view first_word(std::string_view line) { return line.substr(0, spaced_word_length(line)); }

  /// Whether no word goes on over `end`.
  static bool ends_a_word(std::string_view line, std::size_t end) {
    const std::size_t word = line.rfind(' ', end - 1);
    return word + spaced_word_length(line.substr(word)) <= end;
  }

  std::unordered_map<std::string, std::vector<std::pair<std::string, TokenId>>> by_first_word_;
};

/// Whether a piece is more than what cut_line gives between phrases: it has a space inside, or goes on after a word.
bool is_phrase(std::string_view piece) {
  const std::size_t word = spaced_word_length(piece);
  return piece.find(' ', 1) != std::string_view::npos || (word > 0 && word < piece.size());
}

/// Cuts a line that starts with a space into its phrases and, between them, into what sentencepiece sees on its own: a
/// space and a word, or whatever else stands up to the next space.
void cut_line(std::string_view line, const PhraseTable& phrases, const std::function<void(TokenId)>& on_phrase,
              const std::function<void(std::string_view)>& on_chunk) {
  while (!line.empty()) {
    const auto* phrase = phrases.match(line);
    std::size_t length = phrase != nullptr ? phrase->first.size() : spaced_word_length(line);
    if (length == 0) length = std::min(line.find(' ', 1), line.size());
    if (phrase != nullptr) {
      on_phrase(phrase->second);
    } else {
      on_chunk(line.substr(0, length));
    }
    line.remove_prefix(length);
  }
}

/// Each line is encoded as if a space stood before it, so that a word is the same piece wherever it stands.
class SentencePieceTokenizer final : public Tokenizer {
 public:
  SentencePieceTokenizer(std::string content, const std::string& where) : serialized_(std::move(content)) {
    if (!is_free_of_rewriting(serialized_) || !processor_.LoadFromSerializedProto(serialized_).ok()) {
      throw Error({where, "a sentencepiece model without normalisation", "something else",
                   "fetch the file again, or train the tokenizer with noema"});
    }
    newline_ = need_piece(std::string(kNewlinePiece), where);
    for (int byte = 0; byte < 256; ++byte) {
      bytes_.push_back(need_piece(byte_piece(static_cast<unsigned char>(byte)), where));
      if (!processor_.IsByte(bytes_.back())) {
        throw Error(
            {where, "byte pieces", "\"" + piece(bytes_.back()) + "\" of another type", "train the tokenizer again"});
      }
    }
    for (TokenId id = 0; id < processor_.GetPieceSize(); ++id) pieces_.push_back(text_of(id));
    for (TokenId id = 0; id < processor_.GetPieceSize(); ++id) {
      const std::string& text = pieces_[static_cast<std::size_t>(id)];
      if (is_phrase(text)) phrases_.add(text, id);
    }
  }

  std::vector<TokenId> encode(std::string_view text) const override {
    need_utf8(text, "text");
    std::vector<TokenId> ids;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      const std::string_view line = text.substr(0, end);
      if (!line.empty()) encode_line(" " + std::string(line), ids);
      if (end == std::string_view::npos) break;
      ids.push_back(newline_);
      text.remove_prefix(end + 1);
    }
    return ids;
  }

  std::string decode(std::span<const TokenId> ids) const override {
    std::string text, line;
    const auto finish_line = [&] {
      text += line.starts_with(' ') ? line.substr(1) : line;
      line.clear();
    };
    for (const TokenId id : ids) {
      check_id(id);
      if (id != newline_) {
        line += pieces_[static_cast<std::size_t>(id)];
        continue;
      }
      finish_line();
      text += '\n';
    }
    finish_line();
    return utf8_repaired(text);
  }

  int vocab_size() const override { return processor_.GetPieceSize(); }
  TokenId newline() const override { return newline_; }
  const std::string& serialized() const override { return serialized_; }

  std::string piece(TokenId id) const override {
    check_id(id);
    return processor_.IdToPiece(id);
  }

 private:
  void check_id(TokenId id) const {
    if (id >= 0 && id < vocab_size()) return;
    throw Error({"token id", "0 to " + std::to_string(vocab_size() - 1), std::to_string(id),
                 "use the tokenizer that the ids were made with"});
  }

  TokenId need_piece(const std::string& piece, const std::string& where) const {
    const TokenId id = processor_.PieceToId(piece);
    if (processor_.IdToPiece(id) == piece) return id;
    throw Error({where, "the piece \"" + printable(piece) + "\"", "a vocabulary without it",
                 "use a tokenizer that noema trained"});
  }

  std::string text_of(TokenId id) const {
    if (processor_.IsByte(id)) {
      const auto byte = std::find(bytes_.begin(), bytes_.end(), id) - bytes_.begin();
      return std::string(1, static_cast<char>(byte));
    }
    return processor_.IsUnknown(id) ? "\ufffd" : replaced(processor_.IdToPiece(id), kSpaceMark, " ");
  }

  void encode_line(std::string_view line, std::vector<TokenId>& ids) const {
    const auto add_phrase = [&](TokenId id) { ids.push_back(id); };
    const auto add_chunk = [&](std::string_view chunk) { encode_chunk(std::string(chunk), ids); };
    cut_line(line, phrases_, add_phrase, add_chunk);
  }

  void encode_chunk(const std::string& chunk, std::vector<TokenId>& ids) const {
    {
      const std::shared_lock lock(cache_mutex_);
      if (const auto found = cache_.find(chunk); found != cache_.end()) {
        ids.insert(ids.end(), found->second.begin(), found->second.end());
        return;
      }
    }
    const std::vector<TokenId> encoded = encode_uncached(chunk);
    ids.insert(ids.end(), encoded.begin(), encoded.end());
    if (chunk.size() > kLongestCachedWord) return;
    const std::unique_lock lock(cache_mutex_);
    if (cache_.size() < kCachedWords) cache_.emplace(chunk, encoded);
  }

  /// What sentencepiece would not give back as it was is spelled in bytes.
  std::vector<TokenId> encode_uncached(const std::string& chunk) const {
    std::vector<TokenId> ids;
    if (processor_.Encode(chunk, &ids).ok()) {
      std::string back;
      for (const TokenId id : ids) back += pieces_[static_cast<std::size_t>(id)];
      if (back == chunk) return ids;
    }
    ids.clear();
    for (const char c : chunk) ids.push_back(bytes_[static_cast<unsigned char>(c)]);
    return ids;
  }

  sentencepiece::SentencePieceProcessor processor_;
  std::string serialized_;
  TokenId newline_ = 0;
  std::vector<TokenId> bytes_;       // by byte
  std::vector<std::string> pieces_;  // what each id stands for, by id
  PhraseTable phrases_;
  mutable std::shared_mutex cache_mutex_;
  mutable std::unordered_map<std::string, std::vector<TokenId>> cache_;
};

/// The texts as sentencepiece is to see them: one chunk after another, phrases left out.
class ChunkIterator final : public sentencepiece::SentenceIterator {
 public:
  ChunkIterator(const std::vector<std::string>& texts, const std::vector<std::string>& phrases) {
    PhraseTable table;
    for (const std::string& phrase : phrases) {
      add_line(phrase, table);  // once: its words must have pieces elsewhere, too
      table.add(phrase, 0);
    }
    for (const std::string& text : texts) {
      for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        if (end > begin) add_line(" " + text.substr(begin, end - begin), table);
        begin = end + 1;
      }
    }
  }

  bool done() const override { return at_ == chunks_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return chunks_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  void add_line(std::string_view line, const PhraseTable& table) {
    cut_line(
        line, table, [](TokenId) {}, [&](std::string_view chunk) { chunks_.emplace_back(chunk); });
  }

  std::vector<std::string> chunks_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Tokenizer> train_tokenizer(const std::vector<std::string>& texts, const TokenizerOptions& options) {
  for (const std::string& text : texts) {
    if (!is_utf8(text)) throw Error({"train_tokenizer", "texts in UTF-8", printable(text), "convert them to UTF-8"});
  }
  std::vector<std::string> phrases;
  if (options.phrases.empty()) phrases = find_phrases(texts);
  for (const std::string& phrase : options.phrases) {
    if (!phrase.starts_with(' ') || !is_phrase(phrase) || !is_utf8(phrase)) {
      throw Error({"train_tokenizer: phrases", "a space and more than one word", printable(phrase), ""});
    }
    phrases.push_back(phrase);
  }
  std::sort(phrases.begin(), phrases.end());
  phrases.erase(std::unique(phrases.begin(), phrases.end()), phrases.end());
  ChunkIterator chunks(texts, phrases);
  if (chunks.done()) throw Error({"train_tokenizer", "at least one line of text", "none", "give more text"});
  std::string symbols;
  for (const std::string& phrase : phrases) {
    symbols += (symbols.empty() ? "\"" : ",\"") + replaced(replaced(phrase, " ", kSpaceMark), "\"", "\"\"") + '"';
  }
  std::string content;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      std::unordered_map<std::string, std::string>{
          // The unigram trainer considers only what two different words share, and would cut up most names.
          {"model_type", "bpe"},
          {"vocab_size", std::to_string(options.vocab_size)},
          {"hard_vocab_limit", "false"},
          {"max_sentencepiece_length", std::to_string(options.max_piece_length)},
          {"character_coverage", "1.0"},
          {"normalization_rule_name", "identity"},
          {"add_dummy_prefix", "false"},
          {"remove_extra_whitespaces", "false"},
          {"split_digits", "true"},
          {"byte_fallback", "true"},
          {"user_defined_symbols", symbols},
          {"unk_id", "0"},
          {"eos_id", "1"},
          {"eos_piece", std::string(kNewlinePiece)},
          {"bos_id", "-1"},
          {"pad_id", "-1"},
          {"num_threads", "1"},
          {"minloglevel", "2"}},
      &chunks, &content);
  if (!status.ok()) {
    throw Error({"train_tokenizer", "texts that a vocabulary can be made of", status.ToString(),
                 "ask for a larger vocabulary"});
  }
  return std::make_unique<SentencePieceTokenizer>(std::move(content), "train_tokenizer");
}

std::unique_ptr<Tokenizer> parse_tokenizer(std::string content, const std::string& where) {
  if (content.starts_with('{')) return parse_byte_level_tokenizer(content, where);
  return std::make_unique<SentencePieceTokenizer>(std::move(content), where);
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& path) {
  return parse_tokenizer(read_file(path, 64 << 20), path.string());
}

}  // namespace noema
