#pragma once

#include "tasks/stories/story.h"
#include "tasks/stories/telling.h"

namespace noema::stories::count {

constexpr int kLargest = 20;  ///< no number is above

/// How an amount of something changes hands, told of a person as "bought {N}".
struct Trade {
  const char* items;  ///< a list of words
  const Words* gain;
  const Words* loss;
};

/// People gain, lose and give; the asked one begins with `more` things more than drawn.
Story make_changes(Random& random, const Lexicon& words, int more);
Words change_patterns();

/// Birds on a roof, people on a bus: some come, some go.
Story make_scene(const Telling& telling);
Words scene_patterns();

/// How many two or more have together, how many more one has, how old one is.
Story make_total(const Telling& telling);
Story make_comparison(const Telling& telling);
Story make_difference(const Telling& telling);
Story make_groups(const Telling& telling);
Words sum_patterns();

/// ", so 5 - 3 = 2."
std::string sum(int before, char operation, int amount, int after);

}  // namespace noema::stories::count
