#include "tasks/stories/actors.h"

#include <algorithm>

namespace noema::stories {
namespace {

Actor draw_person(Random& random, const Lexicon& words, bool only_named) {
  const bool woman = random.chance(0.5);
  const Pronoun pronoun = woman ? Pronoun::she : Pronoun::he;
  if (random.chance(words.made_up())) return {capitalized(made_up_word(random)), pronoun};
  const auto of = [&](const char* list) {
    const Words& names = words[list].empty() ? words[woman ? "women" : "men"] : words[list];
    return Actor{random.pick(names), pronoun};
  };
  const int other = only_named ? 0 : 1;
  switch (draw_weighted(random, {40, 50, 3, 4 * other, 3 * other})) {
    case 0:
      return of(woman ? "common women" : "common men");
    case 1:
      return of(woman ? "women" : "men");
    case 2:
      return of(woman ? "two-word women" : "two-word men");
    case 3: {
      static const Words titles[] = {{"Mrs. ", "Ms. ", "Miss ", "Dr. "}, {"Mr. ", "Mr. ", "Mr. ", "Dr. "}};
      return {random.pick(titles[woman ? 0 : 1]) + random.pick(words["surnames"]), pronoun};
    }
    default:
      return of(woman ? "kin women" : "kin men");
  }
}

/// Draws until `count` of different first words are found: "Mary" and "Mary Ann" are not in one story.
template <typename Draw>
std::vector<Actor> draw_different(std::size_t count, const Draw& draw_one) {
  std::vector<Actor> drawn;
  while (drawn.size() < count) {
    Actor one = draw_one();
    const bool known = std::any_of(drawn.begin(), drawn.end(), [&](const Actor& other) {
      return one.name.starts_with(other.name) || other.name.starts_with(one.name);
    });
    if (!known) drawn.push_back(std::move(one));
  }
  return drawn;
}

}  // namespace

std::string_view subject_form(Pronoun pronoun) {
  return pronoun == Pronoun::she ? "she" : pronoun == Pronoun::he ? "he" : "it";
}

std::string_view possessive_form(Pronoun pronoun) {
  return pronoun == Pronoun::she ? "her" : pronoun == Pronoun::he ? "his" : "its";
}

std::vector<Actor> draw_people(Random& random, const Lexicon& words, std::size_t count) {
  return draw_different(count, [&] { return draw_person(random, words, false); });
}

std::vector<Actor> draw_named_people(Random& random, const Lexicon& words, std::size_t count) {
  return draw_different(count, [&] { return draw_person(random, words, true); });
}

std::vector<Actor> draw_pets(Random& random, const Lexicon& words, std::size_t count) {
  return draw_different(count, [&] {
    if (random.chance(2 * words.made_up())) return Actor{capitalized(made_up_word(random))};
    return Actor{random.pick(words["pets"])};
  });
}

}  // namespace noema::stories
