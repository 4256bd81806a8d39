#include <algorithm>
#include <unordered_map>

#include "base/error.h"
#include "text/byte_level_tokenizer.h"

namespace noema {
namespace {

/// Whether a token spells one byte: one character, of one or two bytes in UTF-8.
bool is_byte(const std::string& token) {
  return token.size() == 1 || (token.size() == 2 && (static_cast<unsigned char>(token[0]) & 0xE0) == 0xC0);
}

/// Which tokens of a vocabulary are kept.
class Kept {
 public:
  explicit Kept(const ByteLevelVocabulary& vocabulary) : kept_(vocabulary.tokens.size(), false) {
    for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
      const std::string& token = vocabulary.tokens[id];
      ids_[token] = id;
      if (is_byte(token)) add(token);
    }
    for (const TokenId id : vocabulary.control) add(vocabulary.tokens.at(static_cast<std::size_t>(id)));
  }

  std::size_t count() const { return count_; }
  bool has(const std::string& token) const {
    const auto found = ids_.find(token);
    return found != ids_.end() && kept_[found->second];
  }
  bool has(std::size_t id) const { return kept_[id]; }

  void add(const std::string& token) {
    const auto found = ids_.find(token);
    if (found == ids_.end() || kept_[found->second]) return;
    kept_[found->second] = true;
    ++count_;
  }

 private:
  std::unordered_map<std::string, std::size_t> ids_;
  std::vector<bool> kept_;  // by id
  std::size_t count_ = 0;
};

}  // namespace

FirstPieces first_pieces(const ByteLevelVocabulary& vocabulary, std::size_t count, const std::string& where) {
  Kept kept(vocabulary);
  if (count < kept.count()) {
    throw Error({where, "at least the " + std::to_string(kept.count()) + " control tokens and bytes",
                 std::to_string(count), "keep more"});
  }
  FirstPieces first{{vocabulary.pre_tokenizer, {}, {}, {}}, {}};
  for (const auto& [left, right] : vocabulary.merges) {
    if (kept.count() == count) break;
    if (!kept.has(left) || !kept.has(right)) continue;
    kept.add(left + right);
    first.vocabulary.merges.emplace_back(left, right);
  }
  for (std::size_t id = 0; id < vocabulary.tokens.size(); ++id) {
    if (!kept.has(id)) continue;
    first.ids.push_back(static_cast<TokenId>(id));
    first.vocabulary.tokens.push_back(vocabulary.tokens[id]);
  }
  for (const TokenId id : vocabulary.control) {
    const auto place = std::lower_bound(first.ids.begin(), first.ids.end(), id);
    first.vocabulary.control.push_back(static_cast<TokenId>(place - first.ids.begin()));
  }
  return first;
}

}  // namespace noema
