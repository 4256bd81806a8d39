#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "nn/model/language_model.h"
#include "sentence_vae/sentences.h"

namespace noema {

/// What the rows of a batch begin with, where several begin with the same tokens: a graph that many questions are asked
/// about. It is read once for all of them.
struct SharedPrefixes {
  Sentences texts;                   ///< [G,Tp], padded on the left; G = 0: the rows are whole
  std::vector<std::int64_t> of_row;  ///< [B]: which of them each row goes on from
};

/// A cache in which each of `rows` rows has read its prefix, with room for `slots` tokens more.
KvCache read_prefixes(const LanguageModel& model, const SharedPrefixes& prefixes, std::int64_t rows, std::int64_t slots,
                      ComputeObserver* observer = nullptr, std::optional<std::int64_t> layers = {});

/// Hidden states [B,T,D] of embeddings [B,T,D] of rows that are padded on the right, each read after its prefix; the
/// first questions[b] tokens of row b are those of its question. `layers`: how many are run; nothing: all. Throws Error
/// for prefixes and a model whose questions must be read whole.
torch::Tensor hidden_after(const LanguageModel& model, const SharedPrefixes& prefixes, const torch::Tensor& embeddings,
                           const std::vector<std::int64_t>& questions, const std::vector<std::int64_t>& lengths,
                           ComputeObserver* observer = nullptr, std::optional<std::int64_t> layers = {});

}  // namespace noema
