#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "sentence_vae/sentences.h"
#include "sentence_vae/shared_prefix.h"

namespace noema {

/// A hint as tokens: what the model is to think of after a token of the question.
struct TokenHint {
  std::int64_t place = 0;  ///< of that token
  TokenIds tokens;
  std::vector<double> weights;  ///< of each, above 0
};

/// A question and its reasoning as tokens; the question and each step end with a newline.
struct TokenizedReasoning {
  TokenIds question;
  std::vector<TokenIds> steps;
  std::vector<TokenHint> hints = {};

  std::int64_t tokens() const;  ///< all together
};

/// An example as tokens, with what it brings along (see ExampleGroup in tasks/).
struct TokenizedGroup {
  struct Twin {
    TokenizedReasoning reasoning;  ///< of as many steps as the example's
    std::int64_t from = 0;         ///< the step at which the two may be joined, or later
  };

  TokenizedReasoning example;
  std::vector<TokenizedReasoning> siblings = {};  ///< further questions that begin with the same text
  std::optional<Twin> twin = {};
};

/// Two texts of as many steps: the reasoning of the first up to a step, then that of the second, is sound but for that
/// step (see Twin in tasks/).
struct TwinSteps {
  std::int64_t first = 0, second = 0;  ///< number of each text's first step
  std::int64_t from = 0;               ///< the earliest step where they may be joined, from the text's first
  std::int64_t count = 0;              ///< steps of either
};

/// The hints of a batch: K places, and M tokens to be thought of there.
struct BatchHints {
  torch::Tensor rows;     ///< [K] int64: the text of each place
  torch::Tensor places;   ///< [K] int64, in that text
  torch::Tensor hint_of;  ///< [M] int64: which of the places each token belongs to
  torch::Tensor tokens;   ///< [M] int64
  torch::Tensor shares;   ///< [M] of 1 at each place
};

/// Several reasonings, as the encoders, the decoder and the concept model read them. The N steps of all B texts are
/// numbered one after the other.
struct ReasoningBatch {
  SharedPrefixes prefixes;                ///< of the questions; what follows is without them
  Sentences questions;                    ///< [B,Tq], padded on the right
  Sentences texts;                        ///< [B,T]: question and all steps
  Sentences steps;                        ///< [N,Ts]
  std::vector<std::int64_t> step_counts;  ///< [B]
  torch::Tensor places_before;            ///< [N] place in the flattened texts of the newline before each step
  torch::Tensor is_last;                  ///< [N] bool: the step is the answer
  torch::Tensor text_numbers;             ///< [N] int64: steps with the same tokens have the same number
  std::vector<TwinSteps> twins;
  BatchHints hints;  ///< K may be 0

  std::int64_t texts_count() const { return questions.count(); }
  std::int64_t steps_count() const { return steps.count(); }
  std::int64_t tokens() const;  ///< that are read: of texts and prefixes, without padding

  /// The same with all tensors on this device.
  ReasoningBatch to(torch::Device device) const;
};

/// Hidden states of the texts, each read after its prefix, flattened [B*T,D].
torch::Tensor text_states(const LanguageModel& model, const ReasoningBatch& batch, ComputeObserver* observer = nullptr);

/// The texts of all groups, one group after the other: the example, its siblings, its twin. What an example and its
/// siblings begin with becomes a prefix, but for one token of each question at least. Widths are multiples of
/// `multiple`. Throws Error for an empty question, no steps, and a twin that has not as many steps.
ReasoningBatch make_batch(std::vector<TokenizedGroup> groups, std::int64_t multiple = 1);

/// The same of examples that bring nothing along.
ReasoningBatch make_batch(std::vector<TokenizedReasoning> examples, std::int64_t multiple = 1);

}  // namespace noema
