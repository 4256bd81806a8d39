#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>

namespace noema {

/// What most samples of a question answer (self-consistency, arXiv 2203.11171).
struct Vote {
  std::optional<std::size_t> sample;  ///< the first of those that give the answer; nothing: none has one
  std::size_t votes = 0;              ///< samples with that answer
};

/// Answers are the same as same_answer says; of several with as many votes, that of the earliest sample wins. An empty
/// answer has no vote.
Vote vote(std::span<const std::optional<std::string>> answers);

}  // namespace noema
