#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "tasks/task.h"
#include "text/tokenizer.h"
#include "training/data/examples.h"
#include "training/recipe.h"

namespace noema {

/// Streams of one seed that must have nothing in common.
enum class SeedStream : std::uint64_t { training, validation, order, dropout, families };

/// The seed of a stream, of which there may be several, numbered by `part`.
std::uint64_t stream_seed(std::uint64_t seed, SeedStream stream, std::uint64_t part = 0);

/// Where a recipe's questions come from: files without what is excluded, or the generator, which leaves that out by
/// itself. Throws Error for files that cannot be read.
struct RecipeData {
  explicit RecipeData(const Recipe& recipe);

  std::shared_ptr<const Task> task;
  std::unique_ptr<ExampleSource> training, validation;
  std::int64_t valid_count = 0;  ///< validation questions that there are, at most those of the recipe
};

/// Trained on the first questions.
std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const RecipeData& data);

/// How the batches of a stage are made, in an order of its own by `index`. Throws Error when it should learn from hints
/// and the task has none.
BatchOptions batch_options(const Recipe& recipe, const StageKind& stage, std::uint64_t index, const RecipeData& data,
                           const Tokenizer& tokenizer);

}  // namespace noema
