#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/model/language_model.h"

namespace noema {

/// How long a question of some data set is, in tokens.
struct QuestionShape {
  std::string name;
  std::int64_t question;     ///< tokens before the first step
  std::int64_t steps;        ///< before the answer
  std::int64_t step_tokens;  ///< of each step, its newline with them
  std::int64_t answer;       ///< tokens of the answer's sentence
};

/// "gsm8k", "csqa", "prosqa" and "blocksworld": the means of the first 300 questions of the public validation sets in
/// the tokens of SmolLM2, rounded.
const std::vector<QuestionShape>& question_shapes();

/// Reasons along a shape whatever the words are, to time a backbone that was never trained to: encoder, decoder and
/// concept model are all of its size, as the paper's are, which are copies of GPT-2.
class ShapedQuestion {
 public:
  /// `rows` questions together. The model must outlive it. Throws Error when it has too few positions for the shape.
  ShapedQuestion(const LanguageModel& model, const QuestionShape& shape, std::int64_t rows);

  /// Token by token.
  void chain(ComputeObserver* observer) const;

  /// A latent step for each sentence, of which only the answer is written.
  void continuous(ComputeObserver* observer) const;

  /// As ReferenceProcedure has it, for sentences of the shape's length: ten latent steps, the question read again
  /// before each of them, all ten written side by side, and read again before each token. One question, whatever `rows`
  /// is.
  void reference(ComputeObserver* observer) const;

 private:
  const LanguageModel& model_;
  QuestionShape shape_;
  torch::Tensor ids_;  // [B,T]
};

}  // namespace noema
