#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "base/error.h"
#include "base/file.h"
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
};

void generate_data(const DataArguments& arguments) {
  std::unique_ptr<Task> task = make_task(arguments.task);
  if (!task->can_generate()) {
    throw Error({"data", "a task with a generator", arguments.task, "stories, prosqa and blocksworld have one"});
  }
  if (!arguments.exclude.empty()) {
    task = make_excluding(std::move(task), {arguments.exclude.begin(), arguments.exclude.end()});
  }
  std::vector<Example> examples;
  for (std::int64_t i = 0; i < arguments.count; ++i) {
    examples.push_back(task->generate(arguments.seed, static_cast<std::uint64_t>(i)));
  }
  write_examples(arguments.out, examples);
  spdlog::info("{} questions are in {}", examples.size(), arguments.out);
}

}  // namespace

void add_data(CLI::App& program) {
  auto arguments = std::make_shared<DataArguments>();
  CLI::App* command = program.add_subcommand("data", "Generate questions of a task, each with its reasoning");
  command->add_option("TASK", arguments->task, "stories, prosqa, prosqa-small, blocksworld, blocksworld-4, -5")
      ->required();
  command->add_option("--count", arguments->count, "questions")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000'000}))
      ->capture_default_str();
  command->add_option("--seed", arguments->seed, "the same seed gives the same questions")->capture_default_str();
  command->add_option("--out", arguments->out, "JSON file to write")->required();
  command->add_option("--exclude", arguments->exclude, "files whose questions must not occur");
  command->footer(
      "Example:\n"
      "  noema data stories --count 1000 --seed 7 --out stories.json");
  command->callback([arguments] { generate_data(*arguments); });
}

}  // namespace noema
