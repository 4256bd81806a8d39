#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace noema {

/// The text without white space around it.
std::string_view trimmed(std::string_view text);

/// The text with each run of white space, newlines among them, made one space, and none around it.
std::string on_one_line(std::string_view text);

/// The number that the whole text is: "18", "-3.5", "1,000", "$ 5", "20%", "7."; nothing for other texts.
std::optional<double> number_in(std::string_view text);

/// Whether two answers say the same: numbers are compared as numbers; in other texts case, white space around them and
/// a full stop at the end make no difference.
bool same_answer(std::string_view a, std::string_view b);

/// What follows `mark` at the start of the sentence, trimmed; nothing when the sentence starts otherwise.
std::optional<std::string> after_mark(std::string_view sentence, std::string_view mark);

}  // namespace noema
