#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "apps/evaluation_run.h"
#include "apps/evaluation_table.h"
#include "apps/output.h"
#include "base/error.h"
#include "base/file.h"
#include "decoding/strategy.h"

namespace noema {
namespace {

struct EvalArguments {
  ModelChoice model;
  std::string task;
  std::string data;
  std::vector<std::string> modes;
  std::int64_t limit = 0;
  std::string json;
  std::string ablate;
  bool read_steps = false;
  bool floors = false;
  bool no_model = false;
  ReasoningOptions options;
  RunOptions run;
};

nlohmann::json to_json(const std::vector<Floor>& floors) {
  nlohmann::json json = nlohmann::json::array();
  for (const Floor& floor : floors)
    json.push_back({{"rule", floor.rule}, {"n", floor.n}, {"accuracy", floor.accuracy}});
  return json;
}

void write_json(const EvalArguments& arguments, const LoadedModel& model, const std::string& task,
                const nlohmann::json& origin, const std::vector<Evaluation>& evaluations,
                const std::vector<Floor>& floors) {
  nlohmann::json json = {{"kind", "evaluation"},
                         {"run", origin},
                         {"model", model.bundle.where},
                         {"task", task},
                         {"data", arguments.data},
                         {"data_sha256", sha256_file(arguments.data)},
                         {"seed", arguments.run.seed},
                         {"batch", arguments.run.batch},
                         {"device", model.bundle.accelerator ? model.bundle.accelerator->name() : "cpu"},
                         {"precision", to_string(model.bundle.precision)},
                         {"ablation", arguments.ablate.empty() ? "none" : arguments.ablate},
                         {"peak_memory_mb", peak_memory_mb()},
                         {"results", nlohmann::json::array()}};
  for (const Evaluation& evaluation : evaluations) json["results"].push_back(to_json(evaluation));
  if (arguments.floors) json["floors"] = to_json(floors);
  write_result(arguments.json, json.dump(1) + "\n");
}

/// What rules get, with no model.
void evaluate_rules(const EvalArguments& arguments) {
  if (arguments.task.empty()) throw Error({"eval --no-model", "a task", "none", "name it with --task"});
  const auto floors = floors_of(*make_task(arguments.task), load_examples(arguments.data, arguments.limit));
  if (arguments.json != "-") print_floors(floors, {});
  if (arguments.json.empty()) return;
  const nlohmann::json json = {{"kind", "floors"},
                               {"task", arguments.task},
                               {"data", arguments.data},
                               {"data_sha256", sha256_file(arguments.data)},
                               {"floors", to_json(floors)}};
  write_result(arguments.json, json.dump(1) + "\n");
}

void evaluate_command(const EvalArguments& arguments) {
  const LoadedModel model = load_model(arguments.model);
  const std::string task_name = arguments.task.empty() ? model.bundle.task : arguments.task;
  const auto task = make_task(task_name);
  const std::vector<Example> examples = load_examples(arguments.data, arguments.limit);
  ReasoningOptions options = arguments.options;
  RunOptions run = arguments.run;
  run.count_flops = !model.bundle.accelerator;  // counting looks at every operation: none could be recorded
  run.read_steps = arguments.read_steps;
  const std::unique_ptr<Intervention> ablation = parse_ablation(arguments.ablate);
  options.intervention = ablation.get();
  for (const std::string& mode : arguments.modes) {
    if (!ablation || (mode != "direct" && mode != "chain")) continue;
    throw Error({"--ablate", "modes that feed concepts back", mode, "ask for that mode without --ablate"});
  }
  const std::vector<Floor> floors = arguments.floors ? floors_of(*task, examples) : std::vector<Floor>();
  const nlohmann::json origin = origin_of(model, arguments.data, run.seed);  // complains before the work, not after
  std::vector<Evaluation> evaluations;
  for (const std::string& mode : arguments.modes) {
    const auto recorded = reason_about(model, *task, mode, examples, options, run);
    evaluations.push_back(evaluate(mode, recorded, *task, options.stop_threshold, floors));
  }
  if (arguments.json != "-") {
    print_evaluations(evaluations);
    if (arguments.floors) print_floors(floors, evaluations);
  }
  if (!arguments.json.empty()) write_json(arguments, model, task_name, origin, evaluations, floors);
}

}  // namespace

void add_eval(CLI::App& program) {
  auto arguments = std::make_shared<EvalArguments>();
  arguments->modes = {"continuous"};
  CLI::App* command = program.add_subcommand("eval", "Measure accuracy and cost on a file of questions with answers");
  add_model_options(*command, arguments->model);
  add_device_option(*command, arguments->model);
  command->add_option("--task", arguments->task, "how answers are judged (default: the model's own task)");
  command->add_option("--data", arguments->data, "questions with answers: JSON, JSONL or GSM8K's form")->required();
  command->add_option("--mode", arguments->modes, mode_list() + "; may be given again")
      ->check(CLI::IsMember(mode_names()))
      ->expected(1)
      ->take_all()
      ->default_str("continuous");
  command->add_option("--limit", arguments->limit, "only the first so many questions; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000'000}));
  command->add_option("--json", arguments->json, "write the results to this file; - is standard output");
  command->add_option("--ablate", arguments->ablate,
                      "zero, shuffle, random or noise:SIGMA: what is done to fed-back latents");
  command->add_flag("--read-steps", arguments->read_steps, "decode all steps in continuous mode: shows their validity");
  command->add_flag("--floors", arguments->floors,
                    "also what rules without a model get, and the model's accuracy where they fail");
  command->add_flag("--no-model", arguments->no_model, "only what rules get; needs --task");
  add_reasoning_options(*command, arguments->options);
  add_run_options(*command, arguments->run);
  command->footer(
      "Examples:\n"
      "  noema data stories --count 1000 --seed 7 --out stories.json\n"
      "  noema eval --data stories.json --mode chain --mode continuous --mode discretized\n"
      "  noema eval --data stories.json --ablate shuffle --json -\n"
      "  noema eval --data stories.json --floors\n"
      "  noema eval --data questions.json --task prosqa --no-model");
  command->callback([arguments] { arguments->no_model ? evaluate_rules(*arguments) : evaluate_command(*arguments); });
}

}  // namespace noema
