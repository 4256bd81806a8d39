#include "tasks/stories/story.h"

#include <numeric>

namespace noema::stories {

std::string fill(std::string_view pattern, std::initializer_list<Filling> fillings) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      text += pattern[i];
      continue;
    }
    for (const auto& [key, value] : fillings) {
      if (key == pattern[i + 1]) text += value;
    }
    i += 2;
  }
  return capitalized(std::move(text));
}

Words joined(std::initializer_list<Words> lists) {
  Words all;
  for (const Words& list : lists) all.insert(all.end(), list.begin(), list.end());
  return all;
}

std::size_t draw_weighted(Random& random, std::initializer_list<int> weights) {
  int left = random.between(0, std::accumulate(weights.begin(), weights.end(), 0) - 1);
  std::size_t index = 0;
  for (const int weight : weights) {
    if (left < weight) break;
    left -= weight;
    ++index;
  }
  return index;
}

const Words& fillers() {
  static const Words patterns = {
      "It was a sunny day.",     "It was raining outside.", "{P} was hungry.",   "{P} felt happy.",
      "{P} sang a song.",        "{P} told a joke.",        "The day was long.", "{P} looked at the sky.",
      "{P} was in a good mood.", "Nobody was in a hurry.",  "{P} laughed.",      "{P} yawned."};
  return patterns;
}

void add_fillers(Random& random, Words& sentences, const Words& names) {
  const std::size_t count = draw_weighted(random, {55, 35, 10});
  for (const std::string& pattern : draw(random, fillers(), count)) {
    const std::string name = random.chance(0.6) ? random.pick(names) : draw_people(random, 1).front();
    const auto at = static_cast<std::ptrdiff_t>(random.below(sentences.size() + 1));
    sentences.insert(sentences.begin() + at, fill(pattern, {{'P', name}}));
  }
}

}  // namespace noema::stories
