#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tasks/stories/words.h"

namespace noema::stories {

/// A story before it becomes an Example.
struct Story {
  Words sentences;
  std::string question;
  Words steps;  ///< without the answer line
  std::string answer;
};

/// A story that differs from another in one fact; see noema::Twin.
struct StoryTwin {
  Story story;
  std::size_t from = 0;
};

/// One family: how a story of it is made, and every pattern it is made of.
struct Family {
  std::string_view name;
  Story (*make)(Random& random);
  Words (*patterns)();
  std::optional<StoryTwin> (*twin)(Random random) = nullptr;  ///< of what `make` gives; nullptr: this family has none
};

extern const Family where_family;
extern const Family count_family;
extern const Family order_family;
extern const Family kinds_family;
extern const Family time_family;

/// What stands for `{key}` in a pattern.
using Filling = std::pair<char, std::string_view>;

/// `pattern` with every `{key}` filled and the first letter in upper case.
std::string fill(std::string_view pattern, std::initializer_list<Filling> fillings);

/// `lists` one after the other.
Words joined(std::initializer_list<Words> lists);

/// An index drawn with the given weights, which are whole numbers with a positive sum.
std::size_t draw_weighted(Random& random, std::initializer_list<int> weights);

/// Sentences that change nothing; `{P}` is anybody.
const Words& fillers();

/// Puts none, one or two fillers at random places of the story; `names` may be spoken of, and strangers too.
void add_fillers(Random& random, Words& sentences, const Words& names);

}  // namespace noema::stories
