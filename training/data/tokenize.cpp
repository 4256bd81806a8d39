#include "training/data/tokenize.h"

#include <algorithm>
#include <string>

namespace noema {

TokenizedReasoning tokenize(const Example& example, const Task& task, const Tokenizer& tokenizer) {
  const auto line = [&](std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return tokenizer.encode(text + "\n");
  };
  TokenizedReasoning tokens{line(example.question), {}};
  for (const std::string& step : task.reasoning(example)) tokens.steps.push_back(line(step));
  return tokens;
}

std::vector<TokenHint> tokenize_hints(const Example& example, const TokenIds& question, const Task& task,
                                      const Tokenizer& tokenizer) {
  std::vector<TokenHint> hints;
  std::size_t read = 0;  // bytes of the question
  auto at = question.begin();
  for (const Hint& hint : task.hints(example)) {
    // A line is encoded as if a space stood before it, so a stretch of one that begins with a space is without it.
    const std::size_t begin = read > 0 && example.question[read] == ' ' ? read + 1 : read;
    const TokenIds stretch = tokenizer.encode(std::string_view(example.question).substr(begin, hint.end - begin));
    const bool fits = static_cast<std::ptrdiff_t>(stretch.size()) < question.end() - at;
    if (stretch.empty() || !fits || !std::equal(stretch.begin(), stretch.end(), at)) continue;
    read = hint.end;
    at += static_cast<std::ptrdiff_t>(stretch.size());
    TokenHint tokens{at - question.begin() - 1, {}, {}};
    for (const auto& [piece, weight] : hint.pieces) {
      const TokenIds ids = tokenizer.encode(piece);
      if (ids.size() != 1) continue;
      tokens.tokens.push_back(ids.front());
      tokens.weights.push_back(weight);
    }
    if (!tokens.tokens.empty()) hints.push_back(std::move(tokens));
  }
  return hints;
}

}  // namespace noema
