#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/model/language_model.h"

namespace noema {

/// Rows that a model reads piece by piece, and the state after the last piece of each. Rows may leave and others join.
/// The model and the observer must outlive it.
class HiddenStream {
 public:
  /// Reads how the rows start: embeddings [B,T,D], row b filling lengths[b] of them, padded on the left. `room`: how
  /// many pieces are expected in all.
  HiddenStream(const LanguageModel& model, const torch::Tensor& embeddings, const std::vector<std::int64_t>& lengths,
               std::int64_t room, ComputeObserver* observer = nullptr);

  /// Goes on from a cache that has read something, to the states [B,D] after it.
  HiddenStream(const LanguageModel& model, KvCache cache, torch::Tensor hidden);

  const torch::Tensor& hidden() const { return hidden_; }  ///< [B,D]
  std::int64_t rows() const { return cache_.rows(); }
  std::int64_t used() const { return cache_.used(); }  ///< slots of the cache
  std::int64_t longest() const;                        ///< pieces of the longest row

  /// One piece more a row, [B,D].
  void append(const torch::Tensor& embeddings);

  /// Several, [B,T,D], row b filling lengths[b] of them, padded on the right; none leave a row as it is.
  void append(const torch::Tensor& embeddings, const std::vector<std::int64_t>& lengths);

  /// Goes on with these rows only.
  void keep(const std::vector<std::int64_t>& rows);

  /// Takes in the rows of another stream of the same model, behind its own.
  void join(const HiddenStream& other);

  /// Comes to where another stream is, in memory of its own: KvCache::assign.
  void assign(const HiddenStream& other);

  /// Goes the last steps of another stream, which was assigned this one before it took them.
  void follow(const HiddenStream& other, std::int64_t steps);

 private:
  const LanguageModel* model_;
  KvCache cache_;
  ComputeObserver* observer_ = nullptr;
  torch::Tensor hidden_;  // [B,D]
};

}  // namespace noema
