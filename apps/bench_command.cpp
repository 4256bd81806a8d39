#include <ATen/Parallel.h>
#include <torch/torch.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

#include "apps/arguments.h"
#include "apps/bench/machine.h"
#include "apps/bench/quality.h"
#include "apps/bench/workloads.h"
#include "apps/commands.h"
#include "apps/output.h"
#include "base/error.h"

namespace noema {
namespace {

struct BenchArguments {
  std::string model;
  std::vector<std::int64_t> batches = {1, 8};
  std::vector<std::int64_t> lengths = {64};
  std::vector<int> threads;
  std::vector<std::string> precisions = {"fp32", "bf16", "int8"};
  std::vector<std::string> shapes;
  int repetitions = 30;
  bool quality = false;
  std::string json, csv;
};

/// A workload as it was run.
struct Timing {
  Workload workload;
  std::string precision;
  Machine machine;
  std::vector<double> ms;  ///< of each run, in the order in which they were

  double quantile(double share) const {
    std::vector<double> sorted = ms;
    std::sort(sorted.begin(), sorted.end());
    return sorted[static_cast<std::size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
  }
  double rate() const { return workload.units / quantile(0.5) * 1e3; }
  double gigabytes() const { return workload.bytes / 1e9; }
  double share_of_bandwidth() const { return gigabytes() / quantile(0.5) * 1e3 / machine.bandwidth_gb_s; }
  double share_of_compute() const { return workload.gflops / quantile(0.5) * 1e3 / machine.compute_gflop_s; }
};

std::vector<double> time_runs(const Workload& workload, int repetitions) {
  constexpr int kWarmUp = 3;
  const c10::InferenceMode inference;
  std::vector<double> ms;
  for (int i = -kWarmUp; i < repetitions; ++i) {
    workload.prepare();
    const auto start = std::chrono::steady_clock::now();
    workload.run();
    const std::chrono::duration<double, std::milli> taken = std::chrono::steady_clock::now() - start;
    if (i >= 0) ms.push_back(taken.count());
  }
  return ms;
}

/// "-" for what was not counted.
std::string percent(double share) { return share > 0.0 ? number(100.0 * share, 0) + "%" : "-"; }

std::vector<std::string> cells(const Timing& t) {
  return {t.workload.what,
          std::to_string(t.workload.batch),
          t.workload.length > 0 ? std::to_string(t.workload.length) : "-",
          std::to_string(t.machine.threads),
          t.precision,
          number(t.quantile(0.5), 3),
          number(t.quantile(0.25), 3) + " to " + number(t.quantile(0.75), 3),
          number(t.rate(), 1) + " " + t.workload.unit + "s/s",
          percent(t.share_of_bandwidth()),
          percent(t.share_of_compute())};
}

const std::vector<std::string>& columns() {
  static const std::vector<std::string> all = {"what",      "batch",     "length", "threads",   "precision",
                                               "median ms", "quartiles", "rate",   "bandwidth", "compute"};
  return all;
}

std::string joined(const std::vector<std::string>& cells, const std::string& between) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line += (i ? between : "") + cells[i];
  return line;
}

std::string to_csv(const std::vector<Timing>& timings) {
  std::string text = joined(columns(), ",") + "\n";
  for (const Timing& timing : timings) text += joined(cells(timing), ",") + "\n";
  return text;
}

nlohmann::json to_json(const std::vector<Timing>& timings, const nlohmann::json& quality) {
  nlohmann::json results = nlohmann::json::array();
  for (const Timing& t : timings) {
    results.push_back({{"what", t.workload.what},
                       {"batch", t.workload.batch},
                       {"length", t.workload.length},
                       {"threads", t.machine.threads},
                       {"precision", t.precision},
                       {"unit", t.workload.unit},
                       {"units", t.workload.units},
                       {"ms", t.ms},
                       {"weights_gb", t.gigabytes()},
                       {"gflops", t.workload.gflops},
                       {"bandwidth_gb_s", t.machine.bandwidth_gb_s},
                       {"compute_gflop_s", t.machine.compute_gflop_s}});
  }
  return {{"kind", "bench"},
          {"commit", NOEMA_COMMIT},
          {"processor", timings.empty() ? "" : timings.front().machine.processor},
          {"peak_memory_mb", peak_memory_mb()},
          {"quality", quality},
          {"results", std::move(results)}};
}

void show(const Timing& timing) {
  std::printf("| %s |\n", joined(cells(timing), " | ").c_str());
  std::fflush(stdout);
}

std::vector<Workload> workloads(const LoadedModel& model, const BenchArguments& arguments) {
  if (arguments.shapes.empty()) return make_workloads(model, arguments.batches, arguments.lengths);
  std::vector<QuestionShape> shapes;
  for (const QuestionShape& shape : question_shapes()) {
    if (std::find(arguments.shapes.begin(), arguments.shapes.end(), shape.name) != arguments.shapes.end())
      shapes.push_back(shape);
  }
  return make_shaped_workloads(model, arguments.batches, shapes);
}

void bench(BenchArguments arguments) {
  if (arguments.threads.empty()) arguments.threads = {at::get_num_threads()};
  const bool to_stdout = arguments.json != "-" && arguments.csv != "-";
  std::vector<Timing> timings;
  nlohmann::json quality = nlohmann::json::array();
  if (to_stdout) {
    const std::vector<std::string> rules(columns().size(), "---");
    std::printf("| %s |\n| %s |\n", joined(columns(), " | ").c_str(), joined(rules, " | ").c_str());
  }
  for (const std::string& precision : arguments.precisions) {
    const LoadedModel model = load_model({arguments.model, precision});
    for (const int threads : arguments.threads) {
      at::set_num_threads(threads);
      const Machine machine = measure_machine();
      for (const Workload& workload : workloads(model, arguments)) {
        timings.push_back({workload, precision, machine, time_runs(workload, arguments.repetitions)});
        if (to_stdout) show(timings.back());
      }
    }
    if (arguments.quality) quality.push_back(compare_with_fp32(arguments.model, precision));
  }
  if (timings.empty())
    throw Error({"bench", "a model with a chain or a concept part", "neither", "choose another model"});
  if (to_stdout) {
    const Machine& machine = timings.front().machine;
    std::printf("\n%s: reads %.1f GB/s, %.0f GFLOP/s in fp32; peak memory %.0f MB\n", machine.processor.c_str(),
                machine.bandwidth_gb_s, machine.compute_gflop_s, peak_memory_mb());
    for (const auto& one : quality) std::printf("%s\n", quality_line(one).c_str());
  }
  if (!arguments.json.empty()) write_result(arguments.json, to_json(timings, quality).dump(1) + "\n");
  if (!arguments.csv.empty()) write_result(arguments.csv, to_csv(timings));
}

}  // namespace

void add_bench(CLI::App& program) {
  auto arguments = std::make_shared<BenchArguments>();
  CLI::App* command = program.add_subcommand("bench", "Measure speed: of each operation, and of whole questions");
  add_model_argument(*command, arguments->model);
  const auto positive = CLI::Range(std::int64_t{1}, std::int64_t{4096});
  command->add_option("--batch", arguments->batches, "questions together")->check(positive)->capture_default_str();
  command->add_option("--length", arguments->lengths, "tokens that stand before")
      ->check(positive)
      ->capture_default_str();
  command->add_option("--threads", arguments->threads, "numbers of threads (default: all)")->check(CLI::Range(1, 256));
  command->add_option("--precision", arguments->precisions, "fp32, bf16, int8")
      ->check(CLI::IsMember({"fp32", "bf16", "int8"}))
      ->capture_default_str();
  std::vector<std::string> shapes;
  for (const QuestionShape& shape : question_shapes()) shapes.push_back(shape.name);
  command
      ->add_option("--shape", arguments->shapes,
                   "instead, whole questions as long as those of public sets, on the model's backbone")
      ->check(CLI::IsMember(shapes));
  command->add_option("--repetitions", arguments->repetitions, "of each, after three to warm up")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  command->add_flag("--quality", arguments->quality, "also hold the predictions of each precision against fp32");
  command->add_option("--json", arguments->json, "write every sample to this file; - is standard output");
  command->add_option("--csv", arguments->csv, "write the table to this file; - is standard output");
  command->footer(
      "Examples:\n"
      "  noema bench --batch 1 8 --threads 1 2\n"
      "  noema bench smollm2 --length 128 512 --precision int8 --quality --json bench.json");
  command->callback([arguments] { bench(*arguments); });
}

}  // namespace noema
