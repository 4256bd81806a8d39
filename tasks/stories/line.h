#pragma once

#include <cstddef>
#include <vector>

#include "base/random.h"

namespace noema::stories {

/// Items in a line, first to last, of which only neighbours are compared, in a shuffled order; and a walk along it
/// towards the first. What the line is about (height, time) is the caller's.
struct Line {
  std::size_t length = 0;           ///< items are 0 (the first) to length - 1
  std::vector<std::size_t> told;    ///< k: "item k is before item k + 1", in the order of the story
  std::vector<std::size_t> walked;  ///< k in the order of the steps
  std::size_t answer = 0;
  std::size_t from = 0;                 ///< the item that the question starts from, when there are candidates
  std::vector<std::size_t> candidates;  ///< the two to choose from, in the order asked; empty: which is the first?
};

/// "Which is the first?": the walk starts with the comparison told first.
Line make_line_to_end(Random& random);

/// "Which is the second?": the walk goes from the last to the first, whose pair tells the second.
Line make_line_to_second(Random& random);

/// "Which of two is before the other?": the walk starts with the one that is not, which is among the candidates.
Line make_line_with_two(Random& random);

/// "Which of two is before this one?": one candidate lies some places before it, the other as many after it on average.
Line make_line_with_candidates(Random& random);

}  // namespace noema::stories
