#include "tasks/stories/lexicon.h"

#include <algorithm>
#include <cctype>
#include <cstdint>

#include "base/error.h"
#include "tasks/stories/word_lists.h"

namespace noema::stories {
namespace {

using Lists = std::map<std::string, Words, std::less<>>;

std::string_view stripped(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

/// "[list]" and below it words with commas between them; lines that begin with # are comments.
void read_lists(std::string_view text, Lists& lists) {
  Words* list = nullptr;
  std::string entries;
  const auto take = [&] {
    for (std::size_t begin = 0; list && begin < entries.size();) {
      const std::size_t end = std::min(entries.find(',', begin), entries.size());
      const std::string_view word = stripped(std::string_view(entries).substr(begin, end - begin));
      if (!word.empty()) list->emplace_back(word);
      begin = end + 1;
    }
    entries.clear();
  };
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.starts_with('[')) {
      take();
      list = &lists[std::string(line.substr(1, line.size() - 2))];
    } else if (!line.starts_with('#')) {
      entries.append(line).append(" ");
    }
  }
  take();
}

struct AllWords {
  Lists lists;
  std::map<std::string, std::string, std::less<>> plurals;  ///< the irregular ones
};

const AllWords& all_words() {
  static const AllWords all = [] {
    AllWords read;
    read_lists(name_lists(), read.lists);
    read_lists(noun_lists(), read.lists);
    for (auto& [name, words] : read.lists) {
      for (std::string& word : words) {
        const std::size_t slash = word.find('/');
        if (slash == std::string::npos) continue;
        read.plurals[word.substr(0, slash)] = word.substr(slash + 1);
        word.resize(slash);
      }
    }
    return read;
  }();
  return all;
}

/// Of FNV-1a; moved by what gives every list a few words of the tenth.
constexpr std::uint64_t kHashStart = 14695981039346656037ULL + 109617;

/// "cars" and "car" are held out together.
bool is_held_out_word(std::string word) {
  if (word.ends_with("ies")) {
    word.replace(word.size() - 3, 3, "y");
  } else if (word.ends_with("s")) {
    word.pop_back();
  }
  std::uint64_t hash = kHashStart;
  for (const char c : word) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return (hash ^ hash >> 32) % 10 == 0;
}

/// A noun goes by its last word, "toy car" as "car"; of a name, all words are of the same choice, or nobody has it.
bool is_of(const std::string& entry, WordChoice choice) {
  const bool wanted = choice == WordChoice::held_out;
  const std::size_t space = entry.rfind(' ');
  const bool last = is_held_out_word(entry.substr(space + 1)) == wanted;
  const bool is_name = std::isupper(static_cast<unsigned char>(entry[0])) != 0;
  return last && (space == std::string::npos || !is_name || is_held_out_word(entry.substr(0, space)) == wanted);
}

}  // namespace

Lexicon::Lexicon(WordChoice choice) : choice_(choice) {
  for (const auto& [name, words] : all_words().lists) {
    Words& kept = lists_[name];
    for (const std::string& word : words) {
      if (is_of(word, choice)) kept.push_back(word);
    }
  }
}

const Lexicon& Lexicon::of(WordChoice choice) {
  static const Lexicon known(WordChoice::known), held_out(WordChoice::held_out);
  return choice == WordChoice::known ? known : held_out;
}

const Words& Lexicon::operator[](std::string_view list) const {
  const auto found = lists_.find(list);
  if (found == lists_.end()) throw Error({"words of the stories", "a list of words/", std::string(list), ""});
  return found->second;
}

Words draw(Random& random, const Words& from, std::size_t count) {
  Words drawn;
  while (drawn.size() < count) {
    const std::string& word = random.pick(from);
    if (std::find(drawn.begin(), drawn.end(), word) == drawn.end()) drawn.push_back(word);
  }
  return drawn;
}

std::string made_up_word(Random& random) {
  // Few consonants, none of them s, p, n or h at the start of a syllable: what comes out can be spoken, offends
  // nobody, and takes "a".
  static const Words onsets = {"b", "d", "f", "g", "k", "l", "m", "r", "t", "v", "z", "br", "dr", "gr", "kl", "tr"};
  static const Words vowels = {"a", "e", "i", "o", "u"};
  static const Words codas = {"n", "l", "r", "m", "b"};
  std::string word;
  const int syllables = random.chance(0.7) ? 2 : 3;
  for (int i = 0; i < syllables; ++i) word += random.pick(onsets) + random.pick(vowels);
  if (syllables == 2) word += random.pick(codas);
  return word;
}

std::string plural(const std::string& noun) {
  const auto irregular = all_words().plurals.find(noun);
  if (irregular != all_words().plurals.end()) return irregular->second;
  const auto ends_with = [&](std::string_view end) { return std::string_view(noun).ends_with(end); };
  const bool has_vowel = noun.size() > 1 && std::string_view("aeiou").find(noun[noun.size() - 2]) != std::string::npos;
  if (ends_with("y") && !has_vowel) return noun.substr(0, noun.size() - 1) + "ies";
  if (ends_with("ch") || ends_with("sh") || ends_with("x") || ends_with("s")) return noun + "es";
  return noun + "s";
}

std::string with_article(const std::string& noun) {
  const bool spoken_y = noun.starts_with("uni") || noun.starts_with("eu");
  return (spoken_y || std::string_view("aeiou").find(noun.front()) == std::string_view::npos ? "a " : "an ") + noun;
}

}  // namespace noema::stories
