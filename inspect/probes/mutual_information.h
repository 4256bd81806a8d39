#pragma once

#include <cstdint>
#include <vector>

#include "nn/model/language_model.h"
#include "sentence_vae/batch.h"

namespace noema {

/// How likely a language model finds a sentence, in nats, its newline included.
struct SentenceLikelihood {
  double in_context = 0.0;  ///< log p(sentence | question, steps before)
  double alone = 0.0;       ///< log p(sentence | newline)
  std::int64_t tokens = 0;

  /// Mutual information with the context, in nats a token (Large Concept Models, arXiv 2412.08821, section 2.4.1):
  /// (log p(s | context) − log p(s)) / |s|. A newline stands before s alone, so that its first token has a probability.
  double mutual_information() const { return (in_context - alone) / static_cast<double>(tokens); }
};

/// Of every step of the texts, text after text. Throws Error when a text is longer than the model can read.
std::vector<SentenceLikelihood> sentence_likelihoods(const LanguageModel& model,
                                                     const std::vector<TokenizedReasoning>& texts, TokenId newline);

}  // namespace noema
