#include "training/data/recipe_data.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tasks/exclusion.h"

namespace noema {
namespace {

using Files = std::vector<std::filesystem::path>;

/// What is never trained on: validation questions stand in many a training file, too.
Files excluded_files(const Recipe& recipe) {
  Files files(recipe.data.exclude.begin(), recipe.data.exclude.end());
  if (!recipe.data.valid.empty()) files.emplace_back(recipe.data.valid);
  return files;
}

std::shared_ptr<const Task> make_recipe_task(const Recipe& recipe) {
  std::unique_ptr<Task> task = make_task(recipe.task);
  const Files excluded = excluded_files(recipe);
  if (excluded.empty()) return task;
  return make_excluding(std::move(task), excluded);
}

/// A file without what the `excluded` files hold, or the generator.
std::unique_ptr<ExampleSource> make_source(const std::string& file, const std::shared_ptr<const Task>& task,
                                           std::uint64_t seed, const Files& excluded) {
  if (file.empty()) return make_generated_source(task, seed);
  std::vector<Example> left = without(read_examples(file), *task, read_identities(*task, excluded));
  if (left.empty()) {
    throw Error({file, "examples that are neither excluded nor in the validation file", "none", "choose another file"});
  }
  return make_listed_source(std::move(left), seed);
}

/// Throws Error where a stage is to learn from hints and the task has none.
void check_hints(const Recipe& recipe, const std::string& stage, const RecipeData& data, const Tokenizer& tokenizer) {
  const Example first = data.training->get(0);
  const TokenIds question = tokenize(first, *data.task, tokenizer).question;
  if (!tokenize_hints(first, question, *data.task, tokenizer).empty()) return;
  throw Error({"[" + stage + "] hint_weight", "a task with hints whose pieces are tokens", "none in " + recipe.task,
               "leave it out, or raise vocab_size in [tokenizer]"});
}

}  // namespace

std::uint64_t stream_seed(std::uint64_t seed, SeedStream stream, std::uint64_t part) {
  return Random::of(seed, static_cast<std::uint64_t>(stream) * 100 + part).next();
}

RecipeData::RecipeData(const Recipe& recipe) : task(make_recipe_task(recipe)), valid_count(recipe.data.valid_count) {
  training =
      make_source(recipe.data.train, task, stream_seed(recipe.seed, SeedStream::training), excluded_files(recipe));
  if (!recipe.data.family_weights.empty()) {
    training = make_weighted_source(std::move(training), recipe.data.family_weights,
                                    stream_seed(recipe.seed, SeedStream::families));
  }
  validation = make_source(recipe.data.valid, task, stream_seed(recipe.seed, SeedStream::validation), {});
  if (recipe.data.answers_only) {
    training = make_answers_source(std::move(training), task);
    validation = make_answers_source(std::move(validation), task);
  }
  if (!recipe.data.valid.empty()) {
    const auto there_are = static_cast<std::int64_t>(read_examples(recipe.data.valid).size());
    valid_count = std::min(valid_count, there_are);
  }
}

std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const RecipeData& data) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < recipe.tokenizer.examples; ++i) {
    const Example example = data.training->get(static_cast<std::uint64_t>(i));
    std::string text = example.question;
    for (const std::string& step : data.task->reasoning(example)) text += "\n" + step;
    texts.push_back(std::move(text));
  }
  TokenizerOptions options;
  options.phrases = data.task->phrases();
  options.vocab_size = static_cast<int>(recipe.tokenizer.vocab_size);
  return train_tokenizer(texts, options);
}

BatchOptions batch_options(const Recipe& recipe, const StageKind& stage, std::uint64_t index, const RecipeData& data,
                           const Tokenizer& tokenizer) {
  const ReasoningNeeds needs = stage.needs();
  if (needs.hints) check_hints(recipe, stage.name(), data, tokenizer);
  return {.batch = stage.training.batch,
          .max_tokens = recipe.data.max_tokens,
          .seed = stream_seed(recipe.seed, SeedStream::order, index),
          .micro_batches = stage.training.micro_batches,
          .twins = needs.twins,
          .siblings = recipe.data.siblings,
          .hints = needs.hints};
}

}  // namespace noema
