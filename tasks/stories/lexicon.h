#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <string_view>

#include "tasks/stories/phrases.h"

namespace noema::stories {

/// Which names and nouns are drawn. A tenth of them, by a hash of the last word, is held out from the others, so that
/// one can measure what a model makes of words that it has not seen.
enum class WordChoice { known, held_out };

/// The names and nouns of words/, by list. Const; may be shared by threads.
class Lexicon {
 public:
  static const Lexicon& of(WordChoice choice);

  /// The words of a list; throws Error for a list that there is not.
  const Words& operator[](std::string_view list) const;

  /// How probable a made-up word is in place of a name; held-out words are never made up.
  double made_up() const { return choice_ == WordChoice::known ? 0.07 : 0.0; }

  /// Every list by its name.
  const std::map<std::string, Words, std::less<>>& lists() const { return lists_; }

 private:
  explicit Lexicon(WordChoice choice);

  WordChoice choice_;
  std::map<std::string, Words, std::less<>> lists_;
};

/// `count` different words of `from`.
Words draw(Random& random, const Words& from, std::size_t count);

/// A word that no dictionary has, from some hundred thousand; starts with a consonant.
std::string made_up_word(Random& random);

std::string plural(const std::string& noun);        ///< "balls", "mice", "slices of bread"
std::string with_article(const std::string& noun);  ///< "a ball", "an apple"

}  // namespace noema::stories
