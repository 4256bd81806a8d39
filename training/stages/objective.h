#pragma once

#include <torch/types.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sentence_vae/batch.h"
#include "sentence_vae/decoder.h"
#include "sentence_vae/losses.h"

namespace noema {

/// How often something was right: name to {hits, cases}, summed over batches.
using Counts = std::map<std::string, std::pair<double, double>>;

void add_to(Counts& sums, const Counts& counts);

/// What losses are computed of. Its objective alone knows what is in it.
class Batch {
 public:
  virtual ~Batch() = default;
  virtual double weight() const = 0;               ///< of its losses, which are means, among those of a step
  virtual std::int64_t tokens() const = 0;         ///< that are read, without padding
  virtual std::int64_t padded_tokens() const = 0;  ///< with it
};

/// The micro-batches of a step.
using MicroBatches = std::vector<std::shared_ptr<const Batch>>;

/// What one stage of training learns, and how well it does. Const: the weights are changed by the optimizer.
class Objective {
 public:
  virtual ~Objective() = default;

  /// The terms of the loss of a batch. `generator` is the only source of randomness.
  virtual LossTerms loss(const Batch& batch, at::Generator& generator) const = 0;

  /// Measures on a batch of validation examples.
  virtual Counts measure(const Batch& batch) const = 0;

  /// The measure that checkpoints are chosen by; higher is better.
  virtual std::string selected_by() const = 0;

  /// What the model makes of the first example of a batch, for people to look at.
  virtual std::string sample(const Batch& batch, const Tokenizer& tokenizer) const = 0;
};

/// Questions with their reasoning. Counts by its step tokens.
struct ReasoningMicroBatch final : Batch {
  explicit ReasoningMicroBatch(ReasoningBatch of) : content(std::move(of)) {}
  double weight() const override;
  std::int64_t tokens() const override { return content.tokens(); }
  std::int64_t padded_tokens() const override { return content.texts.ids.numel(); }

  ReasoningBatch content;
};

/// An objective on these.
class ReasoningObjective : public Objective {
 public:
  virtual LossTerms loss(const ReasoningBatch& batch, at::Generator& generator) const = 0;
  virtual Counts measure(const ReasoningBatch& batch) const = 0;
  virtual std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const = 0;

  LossTerms loss(const Batch& batch, at::Generator& generator) const final { return loss(content(batch), generator); }
  Counts measure(const Batch& batch) const final { return measure(content(batch)); }
  std::string sample(const Batch& batch, const Tokenizer& tokenizer) const final {
    return sample(content(batch), tokenizer);
  }

 private:
  static const ReasoningBatch& content(const Batch& batch) {
    return dynamic_cast<const ReasoningMicroBatch&>(batch).content;
  }
};

/// Counts sentences that are exact [N] bool, answers among them, and texts that are exact throughout, under the names
/// prefix + "steps", "answers" and "questions".
void count_exact(Counts& counts, const std::string& prefix, const torch::Tensor& exact, const ReasoningBatch& batch);

/// "« true sentence » → « written sentence »" for the first embedding of z [N,Z].
std::string sample_decoding(const SentenceDecoder& decoder, const torch::Tensor& z, const ReasoningBatch& batch,
                            const Tokenizer& tokenizer);

}  // namespace noema
