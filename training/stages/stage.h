#pragma once

#include <torch/types.h>

#include <map>
#include <string>
#include <utility>

#include "sentence_vae/batch.h"
#include "sentence_vae/decoder.h"
#include "sentence_vae/losses.h"

namespace noema {

/// How often something was right: name to {hits, cases}, summed over batches.
using Counts = std::map<std::string, std::pair<double, double>>;

/// What one stage of training learns, from what, and how well it does. Const: the weights are changed by the optimiser.
class Stage {
 public:
  virtual ~Stage() = default;

  /// The terms of the loss of a batch. `generator` is the only source of randomness.
  virtual LossTerms loss(const ReasoningBatch& batch, at::Generator& generator) const = 0;

  /// Measures on a batch of validation questions.
  virtual Counts measure(const ReasoningBatch& batch) const = 0;

  /// The measure that checkpoints are chosen by; higher is better.
  virtual std::string selected_by() const = 0;

  /// What the model makes of the first sentence of a batch, for people to look at.
  virtual std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const = 0;
};

/// Counts sentences that are exact [N] bool, answers among them, and texts that are exact throughout, under the names
/// prefix + "steps", "answers" and "questions".
void count_exact(Counts& counts, const std::string& prefix, const torch::Tensor& exact, const ReasoningBatch& batch);

/// "« true sentence » → « written sentence »" for the first embedding of z [N,Z].
std::string sample_decoding(const SentenceDecoder& decoder, const torch::Tensor& z, const ReasoningBatch& batch,
                            const Tokenizer& tokenizer);

}  // namespace noema
