#pragma once

#include <string_view>

namespace noema {

/// How much of `reference` stands in `candidate`, from 0 to 1 (1: the same words): BLEU of one sentence with n-grams up
/// to four words (Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation"), where one is
/// added to the matches and to the counts of n-grams of two and more words, so that a short sentence is not worth zero
/// (Lin & Och 2004, "ORANGE", section 4). Words are what white space separates. Two empty texts are the same.
double sentence_bleu(std::string_view candidate, std::string_view reference);

/// Insertions, deletions and substitutions of characters that lead from one text to the other (Levenshtein 1966), as a
/// share of the longer one: 0 for equal texts, 1 for texts without anything in common. Characters are code points; a
/// byte that is not UTF-8 is one character.
double edit_distance(std::string_view a, std::string_view b);

}  // namespace noema
