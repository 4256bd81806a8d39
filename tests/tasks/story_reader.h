#pragma once

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/stories.h"

namespace noema::test {

/// A story's sentences, the question among them. "Mr." ends none.
inline std::vector<std::string> sentences_of(const std::string& story) {
  std::vector<std::string> sentences;
  std::string sentence;
  for (std::size_t i = 0; i < story.size(); ++i) {
    if (sentence.empty() && story[i] == ' ') continue;
    sentence += story[i];
    const bool titled = sentence.ends_with("Mr.") || sentence.ends_with("Mrs.") || sentence.ends_with("Ms.") ||
                        sentence.ends_with("Dr.");
    if (titled || (story[i] != '.' && story[i] != '?')) continue;
    sentences.push_back(sentence);
    sentence.clear();
  }
  return sentences;
}

/// A story taken apart: what it tells, and what it asks, which stands first or last.
struct ReadStory {
  std::vector<std::string> told;
  std::string question;
};

inline ReadStory read_story(const std::string& text) {
  ReadStory story;
  for (std::string& sentence : sentences_of(text)) {
    if (sentence.ends_with('?')) {
      story.question = std::move(sentence);
    } else {
      story.told.push_back(std::move(sentence));
    }
  }
  return story;
}

/// `count` stories of one family.
inline std::vector<Example> stories_of(const std::string& family, std::size_t count,
                                       const StoriesOptions& options = {}) {
  const auto task = make_stories_task(options);
  std::vector<Example> stories;
  for (std::uint64_t index = 0; stories.size() < count; ++index) {
    Example story = task->generator()->generate(11, index);
    if (story.extra["family"] == family) stories.push_back(std::move(story));
  }
  return stories;
}

/// The words of a text without its punctuation: "Tom's", "5", "Mr.".
inline std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ' ') {
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '\'' || c == '-') {
      word += c;
    } else if (!word.empty()) {
      words.push_back(std::move(word));
      word.clear();
    }
  }
  return words;
}

inline std::string lower_case(std::string word) {
  for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return word;
}

}  // namespace noema::test
