#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "tasks/stories/lexicon.h"

namespace noema::stories {

/// A story before it becomes an Example.
struct Story {
  Words sentences;
  std::string question;
  Words steps;  ///< without the answer line
  std::string answer;
  bool asks_first = false;  ///< the question stands before the sentences
};

/// A story that differs from another in one fact; see noema::Twin.
struct StoryTwin {
  Story story;
  std::size_t from = 0;
};

/// One family: how a story of it is made, and every pattern it is made of.
struct Family {
  std::string_view name;
  Story (*make)(Random& random, const Lexicon& words);
  Words (*patterns)();
  /// Of what `make` gives; nullptr: this family has none.
  std::optional<StoryTwin> (*twin)(Random random, const Lexicon& words) = nullptr;
};

extern const Family where_family;
extern const Family count_family;
extern const Family order_family;
extern const Family kinds_family;
extern const Family time_family;

}  // namespace noema::stories
