#pragma once

#include <vector>

#include "decoding/ledger.h"
#include "decoding/rows.h"
#include "decoding/writing.h"

namespace noema {

/// A step of a question, by its number.
struct StepPlace {
  ActiveQuestion* question;
  std::size_t step;
};

/// The steps of a question that have a concept and no text.
std::vector<StepPlace> unwritten_steps(ActiveQuestion& question);

/// Writes concepts as sentences, in scopes of their own.
class StepWriter {
 public:
  StepWriter(const RunContext& context, Ledger& ledger) : context_(context), ledger_(ledger) {}

  /// The steps of ẑ [B,Z], one a row, because the reasoning needs their texts.
  std::vector<Step> write(Rows& rows, const torch::Tensor& z);

  /// Fills in the texts of steps, all together, and tells the observer. As views they are greedy, which draws nothing:
  /// looking at steps must not change the answer.
  void fill_in(const std::vector<StepPlace>& places, Phase phase);

 private:
  std::vector<Step> write(const torch::Tensor& z, const SamplingOptions& sampling, std::vector<Random*> randoms,
                          Ledger::Scope& scope);

  const RunContext& context_;
  Ledger& ledger_;
};

/// Steps without texts, of ẑ [B,Z]; theirs is on the CPU, in fp32.
std::vector<Step> steps_of(const torch::Tensor& z);

}  // namespace noema
