#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/commands.h"
#include "apps/evaluation_run.h"
#include "apps/output.h"
#include "base/error.h"
#include "decoding/strategy.h"
#include "inspect/records/dump.h"

namespace noema {
namespace {

struct DumpArguments {
  ModelChoice model;
  std::string task;
  std::string data;
  std::string out;
  std::string verify;
  std::string mode = "continuous";
  std::string attention = "none";
  std::int64_t limit = 0;
  std::int64_t shard = 256;
  DumpOptions dump;
  ReasoningOptions options;
  RunOptions run;
};

void verify(const std::string& folder) {
  const DumpSummary found = verify_dump(folder);
  std::printf("%s: %zu questions, %zu steps, %zu latents, %zu shards; all fit together\n", for_output(folder).c_str(),
              found.questions, found.steps, found.latents, found.shards);
}

/// The examples of a shard that are not there yet: runs of them that follow each other.
std::vector<std::pair<std::size_t, std::size_t>> missing_shards(const std::set<std::size_t>& done, std::size_t count,
                                                                std::size_t size) {
  std::vector<std::pair<std::size_t, std::size_t>> shards;
  for (std::size_t begin = 0; begin < count;) {
    if (done.contains(begin)) {
      ++begin;
      continue;
    }
    std::size_t end = begin + 1;
    while (end < count && end - begin < size && !done.contains(end)) ++end;
    shards.emplace_back(begin, end);
    begin = end;
  }
  return shards;
}

void dump(const DumpArguments& arguments) {
  if (!arguments.verify.empty()) return verify(arguments.verify);
  if (arguments.data.empty() || arguments.out.empty()) {
    throw Error({"dump", "--data and --out, or --verify", "neither", "see noema dump --help"});
  }
  const LoadedModel model = load_model(arguments.model);
  const auto task = make_task(arguments.task.empty() ? model.bundle.task : arguments.task);
  DumpOptions dump_options = arguments.dump;
  dump_options.attention = arguments.attention == "last";
  const ReasoningOptions& options = arguments.options;
  RunOptions run = arguments.run;
  run.read_steps = run.count_flops = true;
  const std::vector<Example> examples = load_examples(arguments.data, arguments.limit);
  nlohmann::json origin = origin_of(model, arguments.data, run.seed);
  origin["reasoning"] = {{"mode", arguments.mode},
                         {"max_steps", options.max_steps},
                         {"stop", to_text(options.stop)},
                         {"stop_threshold", options.stop_threshold},
                         {"uncertainty", word_for(options.uncertainty, uncertainty_measures())},
                         {"uncertainty_threshold", options.uncertainty_threshold},
                         {"temperature", options.sampling.temperature},
                         {"top_k", options.sampling.top_k},
                         {"top_p", options.sampling.top_p},
                         {"latent_temperature", options.latent_temperature}};
  DumpWriter writer(arguments.out, dump_options, origin);
  LayerTap tap(dump_options.attention);
  const bool watches = dump_options.layers || dump_options.attention;
  const auto size = static_cast<std::size_t>(arguments.shard);
  for (const auto& [begin, end] : missing_shards(writer.done(), examples.size(), size)) {
    const std::vector<Example> some(examples.begin() + static_cast<std::ptrdiff_t>(begin),
                                    examples.begin() + static_cast<std::ptrdiff_t>(end));
    run.first_question = begin;
    writer.add(reason_about(model, *task, arguments.mode, some, options, run, watches ? &tap : nullptr), &tap);
    tap.clear();
  }
  spdlog::info("{} trajectories are in {}", writer.done().size(), arguments.out);
}

}  // namespace

void add_dump(CLI::App& program) {
  auto arguments = std::make_shared<DumpArguments>();
  CLI::App* command = program.add_subcommand("dump", "Write trajectories: texts as JSONL, latents as safetensors");
  add_model_options(*command, arguments->model);
  command->add_option("--task", arguments->task, "how answers are judged (default: the model's own task)");
  command->add_option("--data", arguments->data, "questions with answers");
  command->add_option("--out", arguments->out, "folder to write to; a dump that was interrupted goes on");
  command->add_option("--verify", arguments->verify, "check a dump's folder instead");
  command->add_option("--mode", arguments->mode, mode_list())
      ->check(CLI::IsMember(mode_names()))
      ->capture_default_str();
  command->add_option("--limit", arguments->limit, "only the first so many questions; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{100'000'000}));
  command->add_flag("--layers", arguments->dump.layers, "also every layer's output where a sentence is predicted");
  command->add_flag("--tokens", arguments->dump.tokens, "also the token ids of every sentence");
  command->add_option("--attention", arguments->attention, "also how each such place looks back: none or last")
      ->check(CLI::IsMember({"none", "last"}))
      ->capture_default_str();
  command->add_option("--dtype", arguments->dump.dtype, "of the tensors: fp32, bf16 or fp16")
      ->check(CLI::IsMember({"fp32", "bf16", "fp16"}))
      ->capture_default_str();
  command->add_option("--shard", arguments->shard, "questions a file of tensors, which are held in memory together")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1'000'000}))
      ->capture_default_str();
  add_reasoning_options(*command, arguments->options);
  add_run_options(*command, arguments->run);
  command->footer(
      "Examples:\n"
      "  noema dump --data stories.json --out runs/dump --layers\n"
      "  noema dump --verify runs/dump");
  command->callback([arguments] { dump(*arguments); });
}

}  // namespace noema
