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

/// Where a recipe's questions come from: files without what is excluded, the generator, which leaves that out by
/// itself, or a mixture of such. Throws Error for files that cannot be read, and for twins or siblings that there are
/// none of.
struct RecipeData {
  explicit RecipeData(const Recipe& recipe);

  /// What stage number `index` is trained on: all of the file, or a stretch of the generator's stream of its own, so
  /// that no stage sees the questions of another.
  ExampleSourcePtr training_of(std::uint64_t index) const;

  std::shared_ptr<const Task> task;
  ExampleSourcePtr training, validation;
  bool is_generated = false;     ///< the training questions
  std::int64_t valid_count = 0;  ///< validation questions that there are, at most those of the recipe

 private:
  void take_mixtures(const Recipe& recipe);
  void take_one_task(const Recipe& recipe);
};

/// Trained on the first questions.
std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const RecipeData& data);

/// What a stage makes its data of, all of which must outlive them.
struct DataSetting {
  const Recipe& recipe;
  const RecipeData& data;
  const Tokenizer& tokenizer;
  std::uint64_t index = 0;  ///< of the stage: the order of its batches and its questions are its own
};

/// Batches of questions, with the companions and hints that the stage needs. Throws Error when it should learn from
/// hints and the task has none.
StageData reasoning_data(const StageKind& stage, const DataSetting& setting);

}  // namespace noema
