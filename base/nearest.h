#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace noema {

/// The candidate with the least edit distance from `word` (insertions, deletions, substitutions, swapped neighbours;
/// case ignored): the "did you mean" of an error message. Nothing when more than a third of the word would have to
/// change.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

}  // namespace noema
