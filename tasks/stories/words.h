#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace noema::stories {

using Words = std::vector<std::string>;

const Words& people();          ///< first names
const Words& pets();            ///< names of animals that are kept
const Words& places();          ///< what one can be "in the …"
const Words& things();          ///< what one can carry
const Words& foods();           ///< countable, can be eaten
const Words& collectibles();    ///< countable, cannot be eaten
const Words& animals();         ///< for comparisons
const Words& furniture();       ///< things with a size and a weight, for comparisons
const Words& roles();           ///< kinds of people; all with a regular plural
const Words& creature_kinds();  ///< kinds of animals; all with a regular plural
const Words& colors();
const Words& pleasures();  ///< what one can like, without an article
const Words& events();     ///< what "the …" can happen

/// A lower-case word that no dictionary has, from some hundred thousand; starts with a consonant.
std::string made_up_word(Random& random);

/// `count` different words of `from`, each replaced by a made-up one with the given probability.
Words draw(Random& random, const Words& from, std::size_t count, double made_up = 0.0);

/// `count` different first names; about one in six is made up.
Words draw_people(Random& random, std::size_t count);

std::string capitalized(std::string word);
std::string plural(const std::string& noun);
std::string with_article(const std::string& noun);  ///< "a ball", "an apple"

}  // namespace noema::stories
