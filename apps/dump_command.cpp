#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "apps/evaluation_run.h"
#include "decoding/strategy.h"
#include "inspect/recorder.h"

namespace noema {
namespace {

struct DumpArguments {
  std::string model;
  std::string task;
  std::string data;
  std::string out;
  std::string mode = "continuous";
  std::int64_t limit = 0;
  ReasoningOptions options;
};

void dump(const DumpArguments& arguments) {
  const LoadedModel model = load_model(arguments.model);
  const auto task = make_task(arguments.task.empty() ? model.bundle.task : arguments.task);
  ReasoningOptions options = arguments.options;
  options.read_steps = options.count_flops = true;
  const auto examples = load_examples(arguments.data, arguments.limit);
  write_dump(arguments.out, reason_about(model, *task, arguments.mode, examples, options));
  spdlog::info("{} trajectories are in {}", examples.size(), arguments.out);
}

}  // namespace

void add_dump(CLI::App& program) {
  auto arguments = std::make_shared<DumpArguments>();
  CLI::App* command = program.add_subcommand("dump", "Write trajectories: texts as JSONL, latents as safetensors");
  add_model_argument(*command, arguments->model);
  command->add_option("--task", arguments->task, "how answers are judged (default: the model's own task)");
  command->add_option("--data", arguments->data, "questions with answers")->required();
  command->add_option("--out", arguments->out, "folder to write to")->required();
  command->add_option("--mode", arguments->mode, "direct, chain, continuous or discretized")
      ->check(CLI::IsMember(mode_names()))
      ->capture_default_str();
  command->add_option("--limit", arguments->limit, "only the first so many questions; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000'000}));
  add_reasoning_options(*command, arguments->options);
  command->footer("Example:\n  noema dump --data stories.json --out runs/dump");
  command->callback([arguments] { dump(*arguments); });
}

}  // namespace noema
