#pragma once

#include "tasks/stories/lexicon.h"

namespace noema::stories {

/// Amounts as one story writes them: all in figures or all in words.
class Amounts {
 public:
  explicit Amounts(Random& random) : random_(random), in_words_(random.chance(0.22)) {}

  std::string number(int count) const;                       ///< "3" or "three"
  std::string of(int count, const std::string& noun) const;  ///< "3 apples", "1 apple", "an apple", "no apples"

  /// The same after the noun was spoken of: "3", "3 more", "3 of them", "3 apples".
  std::string again(int count, const std::string& noun, bool more) const;

 private:
  Random& random_;
  bool in_words_;
};

/// "1 apple", "3 apples": as steps write it.
std::string counted(int count, const std::string& noun);

}  // namespace noema::stories
