#include "decoding/vote.h"

#include <algorithm>

#include "tasks/answer_text.h"

namespace noema {

Vote vote(std::span<const std::optional<std::string>> answers) {
  Vote best;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (!answers[i]) continue;
    const auto agrees = [&](const std::optional<std::string>& other) {
      return other && same_answer(*other, *answers[i]);
    };
    const auto votes = static_cast<std::size_t>(std::count_if(answers.begin(), answers.end(), agrees));
    if (votes > best.votes) best = {i, votes};
  }
  return best;
}

}  // namespace noema
