#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/output.h"
#include "base/error.h"
#include "base/file.h"
#include "tasks/examples.h"
#include "tasks/exclusion.h"
#include "tasks/task.h"

namespace noema {
namespace {

struct DataArguments {
  std::string task;
  std::int64_t count = 1000;
  std::uint64_t seed = 1;
  std::string out;
  std::vector<std::string> exclude;
  bool twins = false;
  std::string counterfactual;
};

/// What the questions are drawn from. Throws Error for a task without a generator, or without what is wanted.
std::shared_ptr<const Generator> generator_for(const DataArguments& arguments) {
  const std::shared_ptr<const Task> task = make_task(arguments.task);
  const auto& generator = task->generator();
  if (!generator) {
    throw Error({"data", "a task with a generator", arguments.task, "stories, prosqa and blocksworld have one"});
  }
  if (arguments.twins && !generator->has_twins()) {
    throw Error({"data --twins", "a task whose questions have twins", arguments.task, "stories have them"});
  }
  return make_excluding(generator, Exclusion(task, {arguments.exclude.begin(), arguments.exclude.end()}));
}

/// The next question of the stream from `index` on, which is moved past it; with twins, the next that has one.
Example next_example(const Generator& generator, const DataArguments& arguments, std::uint64_t& index) {
  constexpr std::uint64_t kAttempts = 10'000;
  for (std::uint64_t attempt = 0; attempt < kAttempts; ++attempt) {
    ExampleGroup group = generator.group(arguments.seed, index++, {.twin = arguments.twins});
    if (arguments.twins && !group.twin) continue;
    if (group.twin) keep_twin(group.example, *group.twin);
    return std::move(group.example);
  }
  throw Error({"data --twins", "questions whose twins are not excluded", "hardly any", "exclude fewer"});
}

/// Of each question of a file the one that differs in what is asked only.
void write_counterfactuals(const DataArguments& arguments) {
  const auto task = make_task(arguments.task);
  const auto questions = open_examples(arguments.counterfactual);
  std::vector<Example> examples;
  for (std::size_t i = 0; i < questions->size(); ++i) {
    if (auto other = task->counterfactual(questions->at(i).example)) examples.push_back(std::move(*other));
  }
  if (examples.empty()) {
    throw Error({"data --counterfactual", "questions that have one, of a task that has them", "none",
                 "questions of prosqa have them"});
  }
  write_result(arguments.out, to_text(examples));
  spdlog::info("{} of {} questions have a counterfactual; {} are left out", examples.size(), questions->size(),
               questions->size() - examples.size());
}

void generate_data(const DataArguments& arguments) {
  const auto generator = generator_for(arguments);
  std::vector<Example> examples;
  std::uint64_t index = 0;
  for (std::int64_t i = 0; i < arguments.count; ++i) examples.push_back(next_example(*generator, arguments, index));
  write_result(arguments.out, to_text(examples));
  if (arguments.out != "-") spdlog::info("{} questions are in {}", examples.size(), arguments.out);
}

}  // namespace

void add_data(CLI::App& program) {
  auto arguments = std::make_shared<DataArguments>();
  CLI::App* command = program.add_subcommand("data", "Generate questions of a task, each with its reasoning");
  command
      ->add_option(
          "TASK", arguments->task,
          "stories, stories-held-out, prosqa, prosqa-small, -long, -matched, -mixed, blocksworld, blocksworld-4, -5")
      ->required();
  CLI::Option* count = command->add_option("--count", arguments->count, "questions")
                           ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}))
                           ->capture_default_str();
  add_seed_option(*command, arguments->seed, "the same seed gives the same questions");
  command->add_option("--out", arguments->out, "JSON file to write; - is standard output")->required();
  CLI::Option* exclude = command->add_option("--exclude", arguments->exclude, "files whose questions must not occur");
  CLI::Option* twins =
      command->add_flag("--twins", arguments->twins,
                        "only questions that have a twin, which differs in one fact and is kept beside them");
  command
      ->add_option(
          "--counterfactual", arguments->counterfactual,
          "draws nothing: of each question of this file the same text with another person asked about, of whom "
          "the other candidate is right; those without are left out (prosqa)")
      ->excludes(count)
      ->excludes(exclude)
      ->excludes(twins);
  command->footer(
      "Examples:\n"
      "  noema data stories --count 1000 --seed 7 --out stories.json\n"
      "  noema data stories --count 200 --seed 7 --twins --out twins.json    for `noema probe interchange`\n"
      "  noema data prosqa --counterfactual questions.json --out others.json");
  command->callback([arguments] {
    arguments->counterfactual.empty() ? generate_data(*arguments) : write_counterfactuals(*arguments);
  });
}

}  // namespace noema
