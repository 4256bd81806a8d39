#pragma once

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/stories.h"

namespace noema::test {

/// What stands at the places of a pattern, by their letter.
using Captures = std::map<char, std::string>;

/// Whether a text may stand at a place: P and Q are one capitalised word, O and E one word, others up to three words.
inline bool fits_place(char place, const std::string& text) {
  if (text.empty() || text.find_first_of(".,?") != std::string::npos) return false;
  const auto spaces = std::count(text.begin(), text.end(), ' ');
  const bool capitalised = std::isupper(static_cast<unsigned char>(text[0])) != 0;
  if (place == 'P' || place == 'Q') return spaces == 0 && capitalised;
  if (place == 'O' || place == 'E') return spaces == 0 && !capitalised;
  return spaces <= 2;
}

/// Reads the text as the pattern, "{P} went to the {L}."; nothing when it is another sentence.
inline std::optional<Captures> read_as(std::string_view pattern, std::string_view text) {
  Captures captures;
  while (!pattern.empty()) {
    if (pattern[0] != '{') {
      if (text.empty() || text[0] != pattern[0]) return std::nullopt;
      pattern.remove_prefix(1);
      text.remove_prefix(1);
      continue;
    }
    const char place = pattern[1];
    pattern.remove_prefix(3);
    const auto next = pattern.substr(0, pattern.find('{'));
    const auto end = next.empty() ? text.size() : text.find(next);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string found(text.substr(0, end));
    if (!fits_place(place, found)) return std::nullopt;
    captures[place] = found;
    text.remove_prefix(end);
  }
  if (!text.empty()) return std::nullopt;
  return captures;
}

/// The first of the patterns that the text can be read as.
inline std::optional<Captures> read_as_one(const std::vector<std::string>& patterns, std::string_view text) {
  for (const std::string& pattern : patterns) {
    if (auto captures = read_as(pattern, text)) return captures;
  }
  return std::nullopt;
}

/// A story's sentences; the last one is the question.
inline std::vector<std::string> sentences_of(const std::string& story) {
  std::vector<std::string> sentences;
  std::string sentence;
  for (const char c : story) {
    if (sentence.empty() && c == ' ') continue;
    sentence += c;
    if (c != '.' && c != '?') continue;
    sentences.push_back(sentence);
    sentence.clear();
  }
  return sentences;
}

/// `count` stories of one family.
inline std::vector<Example> stories_of(const std::string& family, std::size_t count) {
  const auto task = make_stories_task();
  std::vector<Example> stories;
  for (std::uint64_t index = 0; stories.size() < count; ++index) {
    Example story = task->generator()->generate(11, index);
    if (story.extra["family"] == family) stories.push_back(std::move(story));
  }
  return stories;
}

/// Whether `plural` is the plural of `noun`, or the noun itself.
inline bool is_noun(const std::string& noun, const std::string& plural) {
  return plural == noun || plural == noun + "s" || plural == noun + "es" ||
         (noun.ends_with("y") && plural == noun.substr(0, noun.size() - 1) + "ies");
}

}  // namespace noema::test
