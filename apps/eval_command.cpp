#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/commands.h"
#include "apps/evaluation_run.h"
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
  ReasoningOptions options;
  RunOptions run;
};

/// Nobody counts on an accelerator.
std::string gflops(double count) {
  if (count == 0.0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, "%.4f", count);
  return text;
}

std::string percent(const std::optional<double>& share) {
  if (!share) return "-";
  char text[16];
  std::snprintf(text, sizeof text, "%.1f", 100.0 * *share);
  return text;
}

void print_table(const std::vector<Evaluation>& evaluations) {
  std::printf("%-12s %5s %9s %13s %9s %7s %6s %7s %7s %24s %24s %9s %9s\n", "mode", "n", "accuracy", "95% interval",
              "validity", "stops", "steps", "passes", "tokens", "ms p50 / p95 / p99", "prefill/reason/decode ms",
              "GFLOPs", "- prefill");
  for (const Evaluation& e : evaluations) {
    char interval[32], latency[48], parts[48];
    std::snprintf(interval, sizeof interval, "%.1f-%.1f", 100.0 * e.interval.low, 100.0 * e.interval.high);
    std::snprintf(latency, sizeof latency, "%.2f / %.2f / %.2f", e.total_ms.p50, e.total_ms.p95, e.total_ms.p99);
    std::snprintf(parts, sizeof parts, "%.2f/%.2f/%.2f", e.prefill_ms.p50, e.reasoning_ms.p50, e.decoding_ms.p50);
    std::printf("%-12s %5lld %9s %13s %9s %7s %6.2f %7.1f %7.1f %24s %24s %9s %9s\n", e.mode.c_str(),
                static_cast<long long>(e.n), percent(e.accuracy).c_str(), interval, percent(e.validity).c_str(),
                percent(e.stop_accuracy).c_str(), e.steps, e.passes, e.tokens, latency, parts, gflops(e.gflops).c_str(),
                gflops(e.gflops - e.prefill_gflops).c_str());
  }
  std::printf("peak memory %.0f MB\n", peak_memory_mb());
}

void write_json(const EvalArguments& arguments, const LoadedModel& model, const std::string& task,
                const nlohmann::json& origin, const std::vector<Evaluation>& evaluations) {
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
  const nlohmann::json origin = origin_of(model, arguments.data, run.seed);  // complains before the work, not after
  std::vector<Evaluation> evaluations;
  for (const std::string& mode : arguments.modes) {
    const auto recorded = reason_about(model, *task, mode, examples, options, run);
    evaluations.push_back(evaluate(mode, recorded, *task, options.stop_threshold));
  }
  if (arguments.json != "-") print_table(evaluations);
  if (!arguments.json.empty()) write_json(arguments, model, task_name, origin, evaluations);
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
  add_reasoning_options(*command, arguments->options);
  add_run_options(*command, arguments->run);
  command->footer(
      "Examples:\n"
      "  noema data stories --count 1000 --seed 7 --out stories.json\n"
      "  noema eval --data stories.json --mode chain --mode continuous --mode discretized\n"
      "  noema eval --data stories.json --ablate shuffle --json -");
  command->callback([arguments] { evaluate_command(*arguments); });
}

}  // namespace noema
