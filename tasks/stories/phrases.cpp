#include "tasks/stories/phrases.h"

#include <algorithm>
#include <cctype>
#include <numeric>

namespace noema::stories {
namespace {

constexpr double kOptional = 0.4;  // how often what may be left out is said

/// Where the bracket that opens at `open` closes.
std::size_t closing(std::string_view pattern, std::size_t open) {
  int depth = 0;
  for (std::size_t i = open; i < pattern.size(); ++i) {
    if (pattern[i] == '(' || pattern[i] == '[') ++depth;
    if ((pattern[i] == ')' || pattern[i] == ']') && --depth == 0) return i;
  }
  return pattern.size();
}

/// What stands between the bars that are in no bracket.
std::vector<std::string_view> alternatives(std::string_view text) {
  std::vector<std::string_view> all;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '(' || text[i] == '[') ++depth;
    if (text[i] == ')' || text[i] == ']') --depth;
    if (text[i] != '|' || depth > 0) continue;
    all.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  all.push_back(text.substr(begin));
  return all;
}

std::string_view filling(char key, Fillings fillings) {
  const auto* found =
      std::find_if(fillings.begin(), fillings.end(), [&](const Filling& one) { return one.first == key; });
  return found == fillings.end() ? std::string_view() : found->second;
}

std::string_view in_tense(std::string_view forms, Tense tense) {
  const std::size_t slash = forms.find('/');
  return tense == Tense::present ? forms.substr(0, slash) : forms.substr(slash + 1);
}

void expand(Random& random, Tense tense, std::string_view pattern, Fillings fillings, std::string& text) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '{') {
      text += filling(pattern[i + 1], fillings);
      i += 2;
    } else if (c == '<') {
      const std::size_t end = pattern.find('>', i);
      text += in_tense(pattern.substr(i + 1, end - i - 1), tense);
      i = end;
    } else if (c == '(' || c == '[') {
      const std::size_t end = closing(pattern, i);
      const auto all = alternatives(pattern.substr(i + 1, end - i - 1));
      if (c == '(' || random.chance(kOptional)) expand(random, tense, random.pick(all), fillings, text);
      i = end;
    } else {
      text += c;
    }
  }
}

}  // namespace

std::string phrase(Random& random, Tense tense, std::string_view pattern, Fillings fillings) {
  std::string text;
  expand(random, tense, pattern, fillings, text);
  return text;
}

std::string phrase(Random& random, Tense tense, const Words& patterns, Fillings fillings) {
  return phrase(random, tense, random.pick(patterns), fillings);
}

std::string fill(std::string_view pattern, Fillings fillings) {
  std::string text;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '{') {
      text += pattern[i];
      continue;
    }
    text += filling(pattern[i + 1], fillings);
    i += 2;
  }
  return capitalized(std::move(text));
}

std::string capitalized(std::string word) {
  if (!word.empty()) word[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[0])));
  return word;
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

}  // namespace noema::stories
