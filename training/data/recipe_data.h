#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tasks/sources/example_sources.h"
#include "tasks/task.h"
#include "text/tokenizer.h"
#include "training/data/batches.h"
#include "training/recipe.h"

namespace noema {

/// Streams of one seed that must have nothing in common.
enum class SeedStream : std::uint64_t { training, validation, order, dropout, families };

/// The seed of a stream, of which there may be several, numbered by `part`.
std::uint64_t stream_seed(std::uint64_t seed, SeedStream stream, std::uint64_t part = 0);

/// Where a recipe's questions come from: files without what is excluded, or the generator, which leaves that out by
/// itself. Throws Error for files that cannot be read, and for twins or siblings that there are none of.
struct RecipeData {
  explicit RecipeData(const Recipe& recipe);

  /// What stage number `index` is trained on: all of the file, or a stretch of the generator's stream of its own, so
  /// that no stage sees the questions of another.
  ExampleSourcePtr training_of(std::uint64_t index) const;

  std::shared_ptr<const Task> task;
  ExampleSourcePtr training, validation;
  bool is_generated = false;     ///< the training questions
  std::int64_t valid_count = 0;  ///< validation questions that there are, at most those of the recipe
};

/// Trained on the first questions.
std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const RecipeData& data);

/// How the batches of a stage are made, in an order of its own by `index`. Throws Error when it should learn from hints
/// and the task has none.
BatchOptions batch_options(const Recipe& recipe, const StageKind& stage, std::uint64_t index, const RecipeData& data,
                           const Tokenizer& tokenizer);

}  // namespace noema
