#pragma once

#include "tasks/stories/telling.h"

namespace noema::stories {

/// "tall", "taller", "tallest"; "many stamps", "more stamps", "most stamps".
struct Degree {
  std::string plain;  ///< empty: there is no "as … as" of it
  std::string more, most;
};

/// In what ones can be compared: "is taller", "has fewer stamps", "runs faster".
struct Quality {
  std::string verb;       ///< in the tense of the story: "is", "ran"
  std::string bare;       ///< "run"; empty for "is"
  bool is_count;          ///< "more stamps" takes no "much" or "a bit"
  Degree degree[2] = {};  ///< and its opposite

  bool is_be() const { return bare.empty(); }
};

enum class Compared { people, animals, objects, ways };

/// `count` different qualities that these ones can have.
std::vector<Quality> draw_qualities(const Telling& telling, Compared compared, std::size_t count);

/// Every word that qualities are made of.
Words quality_words();

}  // namespace noema::stories
