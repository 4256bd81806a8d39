#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sentence_vae/batch.h"
#include "tasks/task.h"
#include "text/tokenizer.h"
#include "training/stages/objective.h"

namespace noema {

/// Examples by number: any number gives an example, and the same number always gives the same.
class ExampleSource {
 public:
  virtual ~ExampleSource() = default;
  virtual Example get(std::uint64_t index) const = 0;

  /// A twin of `get(index)`, if it has one.
  virtual std::optional<Twin> twin(std::uint64_t /*index*/) const { return std::nullopt; }

  /// Up to `count` further questions that begin with the same text.
  virtual std::vector<Example> siblings(std::uint64_t /*index*/, std::size_t /*count*/) const { return {}; }
};

/// Fresh examples without end.
std::unique_ptr<ExampleSource> make_generated_source(std::shared_ptr<const Task> task, std::uint64_t seed);

/// A list over and over, each time in another order. Throws Error when it is empty.
std::unique_ptr<ExampleSource> make_listed_source(std::vector<Example> examples, std::uint64_t seed);

/// Those of `source`, the likelier the greater the weight of their family (`extra["family"]`); families without one
/// have 1. Throws Error for a weight whose family is not among the source's first 1,000.
std::unique_ptr<ExampleSource> make_weighted_source(std::shared_ptr<const ExampleSource> source,
                                                    std::map<std::string, double> weights, std::uint64_t seed);

/// Those of `source`, of whose reasoning only the last sentence is left: what a model learns that answers at once.
std::unique_ptr<ExampleSource> make_answers_source(std::shared_ptr<const ExampleSource> source,
                                                   std::shared_ptr<const Task> task);

/// The tokens of an example: the question and the reasoning that the task wants, a newline after each.
TokenizedReasoning tokenize(const Example& example, const Task& task, const Tokenizer& tokenizer);

/// The task's hints on an example whose question was tokenized so. One whose place is within a token is left out, and
/// of its pieces those that are no token of their own.
std::vector<TokenHint> tokenize_hints(const Example& example, const TokenIds& question, const Task& task,
                                      const Tokenizer& tokenizer);

/// An example with what it brings along: its twin, its siblings.
using ExampleGroup = std::vector<TokenizedReasoning>;

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

/// Batch number `step` of an endless sequence. Examples of similar length are put together, so that little is padding;
/// every batch is a function of the options, the source and its number alone: a stopped training goes on exactly.
class BatchSequence {
 public:
  BatchSequence(const ExampleSource& source, const Task& task, const Tokenizer& tokenizer, const BatchOptions& options)
      : source_(source), task_(task), tokenizer_(tokenizer), options_(options) {}

  /// Batches of window number `index`, in the order in which they are trained on.
  std::vector<std::vector<ExampleGroup>> window(std::int64_t index) const;

  const BatchOptions& options() const { return options_; }

 private:
  TokenizedReasoning tokenized(const Example& example) const;
  ExampleGroup group(std::uint64_t index) const;
  void add_twin(std::uint64_t index, ExampleGroup& group) const;

  const ExampleSource& source_;
  const Task& task_;
  const Tokenizer& tokenizer_;
  BatchOptions options_;
};

/// Deals the groups of a batch out to so many micro-batches in turn, so that all have about the same lengths. No more
/// of them than there are groups.
MicroBatches deal(std::vector<ExampleGroup> batch, std::int64_t micro_batches);

/// Gives the batches of a sequence from a given step on, made ahead by a thread of its own.
class BatchQueue {
 public:
  BatchQueue(const BatchSequence& sequence, std::int64_t first_step);
  ~BatchQueue();

  /// The next batch, as its micro-batches. Throws what the thread threw.
  MicroBatches next();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Validation: `count` examples cut into batches once, longest first.
MicroBatches fixed_batches(const ExampleSource& source, const Task& task, const Tokenizer& tokenizer,
                           std::int64_t count, std::int64_t batch, std::int64_t max_tokens);

}  // namespace noema
