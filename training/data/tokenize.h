#pragma once

#include <vector>

#include "sentence_vae/batch.h"
#include "tasks/task.h"
#include "text/tokenizer.h"

namespace noema {

/// The tokens of an example: the question and the reasoning that the task wants, a newline after each.
TokenizedReasoning tokenize(const Example& example, const Task& task, const Tokenizer& tokenizer);

/// The task's hints on an example whose question was tokenized so. One whose place is within a token is left out, and
/// of its pieces those that are no token of their own.
std::vector<TokenHint> tokenize_hints(const Example& example, const TokenIds& question, const Task& task,
                                      const Tokenizer& tokenizer);

}  // namespace noema
