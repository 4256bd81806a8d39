#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace noema {

/// Which word sequences count as one phrase.
struct PhraseOptions {
  int max_phrases = 128;         ///< the most useful are kept
  int max_length = 48;           ///< bytes of a phrase, its leading space included
  double min_share = 0.0005;     ///< occurrences, as a share of all words
  double binding = 0.5;          ///< share of one side's occurrences that stand beside the other side
  double weakest_binding = 0.1;  ///< the same the other way round
};

/// Word sequences that stand together: " went to the", " is a". Each word has its leading space, the first word of a
/// line included. Words are joined where one calls for the other, as long as what follows the phrase stays open:
/// " went to the" is followed by many words and is a phrase; in " the kitchen" the noun is one of many in its place and
/// stays a piece of its own, so that a name or a noun looks the same wherever it stands.
/// Sorted; the same texts give the same phrases.
std::vector<std::string> find_phrases(const std::vector<std::string>& texts, const PhraseOptions& options = {});

/// Length of the word at the start of `text`: a space and the letters after it (also bytes of other scripts, and the
/// apostrophe). 0 when there is none.
std::size_t spaced_word_length(std::string_view text);

}  // namespace noema
