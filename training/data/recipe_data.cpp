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
  Files files(recipe.exclude.begin(), recipe.exclude.end());
  if (!recipe.valid_file.empty()) files.emplace_back(recipe.valid_file);
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

double hint_weight(const Recipe& recipe, const std::string& stage) {
  if (stage == "chain") return recipe.chain.hint_weight;
  if (stage == "contextual") return recipe.contextual.hint_weight;
  if (stage == "concept") return recipe.concept_model.hint_weight;
  return 0.0;
}

/// Whether the stage learns from the task's hints.
bool takes_hints(const Recipe& recipe, const std::string& stage, const RecipeData& data, const Tokenizer& tokenizer) {
  if (hint_weight(recipe, stage) == 0.0) return false;
  const Example first = data.training->get(0);
  const TokenIds question = tokenize(first, *data.task, tokenizer).question;
  if (!tokenize_hints(first, question, *data.task, tokenizer).empty()) return true;
  throw Error({"[" + stage + "] hint_weight", "a task with hints whose pieces are tokens", "none in " + recipe.task,
               "leave it out, or raise vocab_size in [tokenizer]"});
}

}  // namespace

std::uint64_t stream_seed(std::uint64_t seed, SeedStream stream, std::uint64_t part) {
  return Random::of(seed, static_cast<std::uint64_t>(stream) * 100 + part).next();
}

RecipeData::RecipeData(const Recipe& recipe) : task(make_recipe_task(recipe)), valid_count(recipe.valid_count) {
  training =
      make_source(recipe.train_file, task, stream_seed(recipe.seed, SeedStream::training), excluded_files(recipe));
  if (!recipe.family_weights.empty()) {
    training = make_weighted_source(std::move(training), recipe.family_weights,
                                    stream_seed(recipe.seed, SeedStream::families));
  }
  validation = make_source(recipe.valid_file, task, stream_seed(recipe.seed, SeedStream::validation), {});
  if (recipe.answers_only) {
    training = make_answers_source(std::move(training), task);
    validation = make_answers_source(std::move(validation), task);
  }
  if (!recipe.valid_file.empty()) {
    const auto there_are = static_cast<std::int64_t>(read_examples(recipe.valid_file).size());
    valid_count = std::min(valid_count, there_are);
  }
}

std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const RecipeData& data) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < recipe.tokenizer_examples; ++i) {
    const Example example = data.training->get(static_cast<std::uint64_t>(i));
    std::string text = example.question;
    for (const std::string& step : data.task->reasoning(example)) text += "\n" + step;
    texts.push_back(std::move(text));
  }
  TokenizerOptions options;
  options.phrases = data.task->phrases();
  options.vocab_size = static_cast<int>(recipe.vocab_size);
  return train_tokenizer(texts, options);
}

BatchOptions batch_options(const Recipe& recipe, const std::string& stage, std::uint64_t index, const RecipeData& data,
                           const Tokenizer& tokenizer) {
  const StageOptions& settings = stage_options(recipe, stage);
  return {.batch = settings.batch,
          .max_tokens = recipe.max_tokens,
          .seed = stream_seed(recipe.seed, SeedStream::order, index),
          .micro_batches = settings.micro_batches,
          .twins = stage == "concept" ? recipe.concept_model.twins : 0.0,
          .siblings = recipe.siblings,
          .hints = takes_hints(recipe, stage, data, tokenizer)};
}

}  // namespace noema
