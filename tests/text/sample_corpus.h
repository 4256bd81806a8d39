#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace noema::test {

inline const std::vector<std::string>& people() {
  static const std::vector<std::string> names = {"Tom", "Anna", "Peter", "Mary", "Oscar", "Lucy", "Frank", "Nora"};
  return names;
}

inline const std::vector<std::string>& things() {
  static const std::vector<std::string> nouns = {"kitchen", "garden", "ball",   "letter",
                                                 "museum",  "lamp",   "basket", "dog"};
  return nouns;
}

/// Small stories in which " went to the" and " has the" are phrases.
inline std::vector<std::string> sample_corpus(int count = 1500) {
  std::vector<std::string> texts;
  Random random(1);
  for (int i = 0; i < count; ++i) {
    std::string text = random.pick(people()) + " went to the " + random.pick(things()) + ". Then " +
                       random.pick(people()) + " has the " + random.pick(things()) + ".\n" + random.pick(people()) +
                       " bought " + std::to_string(random.below(100)) + " of them.\n" + random.pick(people()) + "'s " +
                       random.pick(things()) + " is old.";
    texts.push_back(std::move(text));
  }
  return texts;
}

}  // namespace noema::test
