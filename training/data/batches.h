#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "sentence_vae/batch.h"
#include "tasks/sources/example_sources.h"
#include "tasks/task.h"
#include "text/tokenizer.h"
#include "training/data/steps.h"

namespace noema {

/// The widths of batches are multiples of it.
constexpr std::int64_t kWidthMultiple = 8;

/// What batches are made of.
struct BatchOptions {
  std::int64_t batch = 64;         ///< questions a batch
  std::int64_t max_tokens = 256;   ///< longer examples are passed by
  std::uint64_t seed = 1;          ///< of the order of the batches
  std::int64_t micro_batches = 1;  ///< that each batch is dealt out to (see add_gradients)
  std::int64_t window = 16;        ///< batches that are sorted by length together
  double twins = 0.0;              ///< share of the examples that bring their twin along, which comes on top of them
  std::int64_t siblings = 0;       ///< further questions about the text of each example, on top of them, too
  bool hints = false;              ///< whether the task's hints come with the examples
};

/// An endless sequence of batches of questions. Examples of similar length are put together, so that little is padding;
/// every batch is a function of the options, the source and its number alone.
class BatchSequence final : public StepSource {
 public:
  /// The task and the tokenizer must outlive it.
  BatchSequence(ExampleSourcePtr source, const Task& task, const Tokenizer& tokenizer, const BatchOptions& options)
      : source_(std::move(source)), task_(task), tokenizer_(tokenizer), options_(options) {}

  std::int64_t window_size() const override { return options_.window; }
  std::vector<MicroBatches> window(std::int64_t index) const override;

  /// The same before it is dealt out: the groups of each batch.
  std::vector<std::vector<TokenizedGroup>> groups(std::int64_t index) const;

 private:
  TokenizedReasoning tokenized(const Example& example) const;
  bool fits(const TokenizedReasoning& tokens) const;

  /// Example `index` with its companions; nothing when it is passed by.
  std::optional<TokenizedGroup> group(std::uint64_t index) const;

  ExampleSourcePtr source_;
  const Task& task_;
  const Tokenizer& tokenizer_;
  BatchOptions options_;
};

/// Deals the groups of a batch out to so many micro-batches in turn, so that all have about the same lengths. No more
/// of them than there are groups.
MicroBatches deal(std::vector<TokenizedGroup> batch, std::int64_t micro_batches);

/// Validation: `count` examples cut into batches once, longest first.
MicroBatches fixed_batches(const ExampleSource& source, const Task& task, const Tokenizer& tokenizer,
                           std::int64_t count, std::int64_t batch, std::int64_t max_tokens);

}  // namespace noema
