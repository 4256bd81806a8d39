#include "training/data/recipe_data.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tasks/examples.h"
#include "tasks/exclusion.h"
#include "training/data/tokenize.h"

namespace noema {
namespace {

using Files = std::vector<std::filesystem::path>;

/// The generator of a task that a mixture names; null: it names a file.
std::shared_ptr<const Task> generating_task(const std::string& name) {
  const auto names = task_names();
  if (std::find(names.begin(), names.end(), name) == names.end()) return nullptr;
  std::shared_ptr<const Task> task = make_task(name);
  if (task->generator()) return task;
  throw Error({"[data] mixture", "a file, or a task with a generator", name, "name a file of its questions"});
}

/// What is never trained on: validation questions stand in many a training file, too.
Files excluded_files(const Recipe& recipe) {
  Files files(recipe.data.exclude.begin(), recipe.data.exclude.end());
  if (!recipe.data.valid.empty()) files.emplace_back(recipe.data.valid);
  for (const auto& [name, weight] : recipe.data.valid_mixture) {
    if (!generating_task(name)) files.emplace_back(name);
  }
  return files;
}

/// One source of a mixture, without what is excluded.
ExampleSourcePtr make_ingredient(const std::string& name, const std::shared_ptr<const Task>& questions,
                                 const Files& excluded, std::uint64_t seed) {
  if (const auto task = generating_task(name)) {
    return make_generated_source(make_excluding(task->generator(), Exclusion(task, excluded)), seed);
  }
  const auto left = without(open_examples(name), Exclusion(questions, excluded));
  return std::make_shared<ListedSource<ExampleGroup>>(left, seed);
}

ExampleSourcePtr make_mixture(const std::map<std::string, double>& named, const std::shared_ptr<const Task>& questions,
                              const Files& excluded, std::uint64_t seed) {
  std::vector<ExampleSourcePtr> sources;
  std::vector<double> weights;
  for (const auto& [name, weight] : named) {
    const std::uint64_t own_seed = Random::of(seed, sources.size() + 1).next();
    sources.push_back(make_family_source(make_ingredient(name, questions, excluded, own_seed), name));
    weights.push_back(weight);
  }
  return std::make_shared<Mixture<ExampleGroup>>(std::move(sources), weights, seed);
}

/// Throws Error where the recipe wants companions of its examples that they never have.
void check_companions(const Recipe& recipe, const Task& task) {
  const bool answers_only = recipe.data.answers_only;
  const Generator* generator = recipe.data.train.empty() ? task.generator().get() : nullptr;
  const auto complain = [&](const std::string& key, const std::string& what) {
    const std::string made = "those of " + task.name() + (answers_only ? ", answers alone" : "");
    throw Error({key, "training questions that have " + what, generator ? made : "a file of them", "leave it out"});
  };
  if (recipe.data.siblings > 0 && (!generator || !generator->has_siblings())) complain("[data] siblings", "siblings");
  for (const Choice<StageKind>& stage : recipe.stages) {
    const bool wants_twins = stage->training.steps > 0 && stage->needs().twins > 0.0;
    const bool has_twins = generator && generator->has_twins() && !answers_only;
    if (wants_twins && !has_twins) complain('[' + stage->name() + "] twins", "twins");
  }
}

std::shared_ptr<const Generator> generator_of(const Task& task, const char* key, const Exclusion& excluded) {
  if (task.generator()) return make_excluding(task.generator(), excluded);
  throw Error({key, "a file of examples, since " + task.name() + " has no generator", "none", "name one"});
}

ExampleSourcePtr make_training(const Recipe& recipe, const std::shared_ptr<const Task>& task,
                               const Exclusion& excluded) {
  const std::uint64_t seed = stream_seed(recipe.seed, SeedStream::training);
  if (recipe.data.train.empty()) return make_generated_source(generator_of(*task, "[data] train", excluded), seed);
  const auto left = without(open_examples(recipe.data.train), excluded);
  if (left->size() > 0) return std::make_shared<ListedSource<ExampleGroup>>(left, seed);
  throw Error({recipe.data.train, "examples that are neither excluded nor in the validation file", "none",
               "choose another file"});
}

/// Throws Error where a stage is to learn from hints and the task has none.
void check_hints(const Recipe& recipe, const std::string& stage, const RecipeData& data, const Tokenizer& tokenizer) {
  const Example first = data.training->get(0).example;
  const TokenIds question = tokenize(first, *data.task, tokenizer).question;
  if (!tokenize_hints(first, question, *data.task, tokenizer).empty()) return;
  throw Error({"[" + stage + "] hint_weight", "a task with hints whose pieces are tokens", "none in " + recipe.task,
               "leave it out, or raise vocab_size in [tokenizer]"});
}

}  // namespace

std::uint64_t stream_seed(std::uint64_t seed, SeedStream stream, std::uint64_t part) {
  return Random::of(seed, static_cast<std::uint64_t>(stream) * 100 + part).next();
}

RecipeData::RecipeData(const Recipe& recipe)
    : task(make_task(recipe.task)), is_generated(recipe.data.train.empty()), valid_count(recipe.data.valid_count) {
  if (!recipe.data.mixture.empty()) {
    take_mixtures(recipe);
  } else {
    take_one_task(recipe);
  }
  if (recipe.data.answers_only) {
    training = make_answers_source(training, task);
    validation = make_answers_source(validation, task);
  }
}

void RecipeData::take_mixtures(const Recipe& recipe) {
  check_companions(recipe, *task);
  training =
      make_mixture(recipe.data.mixture, task, excluded_files(recipe), stream_seed(recipe.seed, SeedStream::training));
  validation = make_mixture(recipe.data.valid_mixture, task, {recipe.data.exclude.begin(), recipe.data.exclude.end()},
                            stream_seed(recipe.seed, SeedStream::validation));
}

void RecipeData::take_one_task(const Recipe& recipe) {
  check_companions(recipe, *task);
  const Exclusion excluded(task, excluded_files(recipe));
  training = make_training(recipe, task, excluded);
  if (!recipe.data.family_weights.empty()) {
    training =
        make_weighted_source(training, recipe.data.family_weights, stream_seed(recipe.seed, SeedStream::families));
  }
  const std::uint64_t seed = stream_seed(recipe.seed, SeedStream::validation);
  if (recipe.data.valid.empty()) {
    validation = make_generated_source(generator_of(*task, "[data] valid", excluded), seed);
  } else {
    const auto examples = open_examples(recipe.data.valid);
    valid_count = std::min(valid_count, static_cast<std::int64_t>(examples->size()));
    validation = std::make_shared<ListedSource<ExampleGroup>>(examples, seed);
  }
}

ExampleSourcePtr RecipeData::training_of(std::uint64_t index) const {
  if (!is_generated) return training;
  return std::make_shared<OffsetSource<ExampleGroup>>(training, index << 40);
}

std::unique_ptr<Tokenizer> make_tokenizer(const Recipe& recipe, const RecipeData& data) {
  std::vector<std::string> texts;
  for (std::int64_t i = 0; i < recipe.tokenizer.examples; ++i) {
    const Example example = data.training->get(static_cast<std::uint64_t>(i)).example;
    std::string text = example.question;
    for (const std::string& step : data.task->reasoning(example)) text += "\n" + step;
    texts.push_back(std::move(text));
  }
  TokenizerOptions options;
  options.phrases = data.task->phrases();
  options.vocab_size = static_cast<int>(recipe.tokenizer.vocab_size);
  return train_tokenizer(texts, options);
}

StageData reasoning_data(const StageKind& stage, const DataSetting& setting) {
  const auto& [recipe, data, tokenizer, index] = setting;
  const ReasoningNeeds needs = stage.needs();
  if (needs.hints) check_hints(recipe, stage.name(), data, tokenizer);
  const BatchOptions options = {.batch = stage.training.batch,
                                .max_tokens = recipe.data.max_tokens,
                                .seed = stream_seed(recipe.seed, SeedStream::order, index),
                                .micro_batches = stage.training.micro_batches,
                                .twins = needs.twins,
                                .siblings = needs.whole_questions ? 0 : recipe.data.siblings,
                                .hints = needs.hints};
  const std::int64_t batch = std::min<std::int64_t>(stage.training.batch, 64);
  return {std::make_unique<const BatchSequence>(data.training_of(index), *data.task, tokenizer, options),
          [setting, batch] {
            return fixed_batches(*setting.data.validation, *setting.data.task, setting.tokenizer,
                                 setting.data.valid_count, batch, setting.recipe.data.max_tokens);
          }};
}

}  // namespace noema
