#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/positions.h"
#include "text/tokenizer.h"

namespace noema {

using TokenIds = std::vector<TokenId>;

/// Token spans of unequal length in one tensor.
struct Sentences {
  torch::Tensor ids;                  ///< [N,T] int64, padded with 0
  std::vector<std::int64_t> lengths;  ///< [N]

  std::int64_t count() const { return static_cast<std::int64_t>(lengths.size()); }
  std::int64_t width() const { return ids.size(1); }

  /// The spans of these numbers [M] int64.
  Sentences select(const torch::Tensor& numbers) const;

  /// Places of the real tokens in the flattened ids, row after row; and the tokens there. Both [M] int64.
  torch::Tensor real_places() const;
  torch::Tensor real_tokens() const { return ids.flatten().index_select(0, real_places()); }

  /// Places of each row's last token in the flattened ids [N]; for rows padded on the right.
  torch::Tensor last_places() const;
};

/// Pads to the longest span, rounded up to a multiple of `multiple` (fewer shapes, fewer kernels to prepare).
Sentences pad(const std::vector<TokenIds>& spans, Padding padding = Padding::right, std::int64_t multiple = 1);

/// A question and its reasoning as tokens; the question and each step end with a newline.
struct TokenizedReasoning {
  TokenIds question;
  std::vector<TokenIds> steps;
  std::int64_t twin_from = -1;  ///< the next one in the batch is its twin, joined at this step or later; -1: it is not

  std::int64_t tokens() const;  ///< all together
};

/// Two texts of as many steps: the reasoning of the first up to a step, then that of the second, is sound but for that
/// step (see Twin in tasks/).
struct TwinSteps {
  std::int64_t first = 0, second = 0;  ///< number of each text's first step
  std::int64_t from = 0;               ///< the earliest step where they may be joined, from the text's first
  std::int64_t count = 0;              ///< steps of either
};

/// Several of them, as the encoders, the decoder and the concept model read them. The N steps of all B texts are
/// numbered one after the other.
struct ReasoningBatch {
  Sentences questions;                    ///< [B,Tq], padded on the right
  Sentences texts;                        ///< [B,T]: question and all steps
  Sentences steps;                        ///< [N,Ts]
  std::vector<std::int64_t> step_counts;  ///< [B]
  torch::Tensor places_before;            ///< [N] place in the flattened texts of the newline before each step
  torch::Tensor is_last;                  ///< [N] bool: the step is the answer
  torch::Tensor text_numbers;             ///< [N] int64: steps with the same tokens have the same number
  std::vector<TwinSteps> twins;

  std::int64_t texts_count() const { return questions.count(); }
  std::int64_t steps_count() const { return steps.count(); }
};

ReasoningBatch make_batch(const std::vector<TokenizedReasoning>& examples, std::int64_t multiple = 1);

}  // namespace noema
