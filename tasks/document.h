#pragma once

#include <string>
#include <vector>

namespace noema {

/// A text that is read for itself: nothing is asked about it. What reads documents is a `List` of them, and a `Source`
/// puts them in order, as it does with examples.
struct Document {
  struct Wanted {};  // it brings nothing along

  std::string title;                   ///< may be empty
  std::vector<std::string> sentences;  ///< in their order, no newlines in them
};

}  // namespace noema
