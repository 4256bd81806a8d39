#pragma once

#include <string>
#include <vector>

#include "tasks/stories/lexicon.h"

namespace noema::stories {

enum class Pronoun { she, he, it };

/// Somebody, or something, that a story tells of.
struct Actor {
  std::string name;  ///< "Ann", "Mr. Brown", "the key"
  Pronoun pronoun = Pronoun::it;

  bool operator==(const Actor&) const = default;
};

std::string_view subject_form(Pronoun pronoun);     ///< "she"
std::string_view possessive_form(Pronoun pronoun);  ///< "her"

/// `count` people of different names: common and rarer first names of many languages, "Mary Ann", "Mr. Brown", "Mom",
/// and made-up ones.
std::vector<Actor> draw_people(Random& random, const Lexicon& words, std::size_t count);

/// The same without "Mom" and "Mr. Brown": what one can be "called".
std::vector<Actor> draw_named_people(Random& random, const Lexicon& words, std::size_t count);

/// `count` animals that are kept, of different names.
std::vector<Actor> draw_pets(Random& random, const Lexicon& words, std::size_t count);

}  // namespace noema::stories
