#pragma once

#include <torch/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "concept_lm/concept_stream.h"
#include "sentence_vae/batch.h"

namespace noema {

/// Steps of a batch that are read as others: an interchange intervention (Geiger et al., arXiv 2112.00826).
struct Exchange {
  std::vector<std::int64_t> with = {};  ///< for each step one that is predicted no later, mostly itself; empty: none
  double share = 1.0;                   ///< how far each goes over to the other, from 0 to 1

  /// What is read as `steps`, out of the states [N,D] of all.
  torch::Tensor operator()(const torch::Tensor& states, const std::vector<std::int64_t>& steps) const;
};

/// Generators of the items 0, 1, … of a stream, a row each.
class RowRandoms {
 public:
  RowRandoms(std::uint64_t seed, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) all_.push_back(Random::of(seed, static_cast<std::uint64_t>(i)));
    for (Random& random : all_) pointers_.push_back(&random);
  }
  RowRandoms(const RowRandoms&) = delete;  // the pointers are into it
  RowRandoms& operator=(const RowRandoms&) = delete;

  std::span<Random* const> pointers() const { return pointers_; }

  void keep(const std::vector<std::int64_t>& places) {
    std::vector<Random*> kept;
    for (const std::int64_t place : places) kept.push_back(pointers_[static_cast<std::size_t>(place)]);
    pointers_ = std::move(kept);
  }

 private:
  std::vector<Random> all_;
  std::vector<Random*> pointers_;  // those that are kept
};

/// Goes from concept to concept for as many steps as each text of a batch has, a row of the stream each: the concepts
/// of all steps [N,…]. What is exchanged are the states that they are predicted from.
Concept roll_out(ConceptStream stream, const ReasoningBatch& batch, const Exchange& exchange, std::uint64_t seed);

}  // namespace noema
