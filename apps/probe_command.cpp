#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/commands.h"
#include "apps/evaluation_run.h"
#include "apps/output.h"
#include "inspect/probes/ablate.h"
#include "inspect/probes/hybrid.h"
#include "inspect/probes/interchange.h"
#include "inspect/probes/interpolate.h"
#include "inspect/probes/necessity.h"
#include "inspect/probes/neighbours.h"
#include "inspect/probes/noise.h"
#include "inspect/probes/perplexity.h"
#include "inspect/probes/roundtrip.h"
#include "inspect/probes/samples.h"

namespace noema {
namespace {

/// What all probes are told.
struct ProbeArguments {
  ModelChoice model;
  std::string data;
  std::int64_t limit = 200;
  std::string json;
  ReasoningOptions options;
  RunOptions run;

  NoiseOptions noise;
  AblateOptions ablate;
  NecessityOptions necessity;
  InterchangeOptions interchange;
  InterpolateOptions interpolate;
  HybridOptions hybrid;
  NeighbourProbeOptions neighbours;
  PerplexityOptions perplexity;
  SamplesOptions samples;
  std::string from, to, minus, plus, index, choose_on;
};

void show(const ProbeArguments& arguments, const LoadedModel& model, const std::vector<ProbeResult>& results) {
  nlohmann::json all = nlohmann::json::array();
  for (const ProbeResult& result : results) {
    if (arguments.json != "-") std::printf("%s\n", to_text(result).c_str());
    nlohmann::json json = to_json(result);
    json["run"] = origin_of(model, arguments.data, arguments.run.seed);
    all.push_back(std::move(json));
  }
  if (arguments.json.empty()) return;
  write_result(arguments.json, (all.size() == 1 ? all.front() : all).dump(1) + "\n");
}

using Examples = std::vector<Example>;
using Run = std::vector<ProbeResult> (*)(const ProbeArguments&, const LoadedModel&);

/// How a probe reasons about examples, all of which must outlive it.
ReasonAbout reasoner_on(const Examples& examples, const LoadedModel& model, const RunOptions& run) {
  return [&examples, &model, run](const std::string& mode, const ReasoningOptions& options) {
    return reason_about(model, *model.task, mode, examples, options, run);
  };
}

/// With sentences that the probe looks at.
RunOptions reading(RunOptions run) {
  run.read_steps = true;
  return run;
}

std::vector<ProbeResult> run_noise(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  return {noise(reasoner_on(examples, model, a.run), a.options, a.noise)};
}

std::vector<ProbeResult> run_ablate(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  return {ablate(reasoner_on(examples, model, a.run), a.options, a.ablate)};
}

std::vector<ProbeResult> run_necessity(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  return {necessity(reasoner_on(examples, model, a.run), a.options, a.necessity)};
}

std::vector<ProbeResult> run_hybrid(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  const Examples others = a.choose_on.empty() ? Examples() : load_examples(a.choose_on, 0);
  const ReasonAbout choose = reasoner_on(others.empty() ? examples : others, model, reading(a.run));
  RunOptions counting = a.run;
  counting.count_flops = true;
  HybridOptions options = a.hybrid;
  options.chosen_on_others = !others.empty();
  return {hybrid(model.bundle, reasoner_on(examples, model, counting), choose, a.options, options)};
}

std::vector<ProbeResult> run_interchange(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  const ReasonAboutExamples reason = [&](const std::string& mode, const Examples& some,
                                         const ReasoningOptions& options) {
    return reason_about(model, *model.task, mode, some, options, a.run);
  };
  return {interchange(model.bundle, *model.task, examples, reason, a.options, a.interchange)};
}

std::vector<ProbeResult> run_roundtrip(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  std::vector<RecordedTrajectory> trajectories;  // none for a model without concepts
  if (model.bundle.concepts) trajectories = reasoner_on(examples, model, reading(a.run))("continuous", a.options);
  return roundtrip(model.bundle, *model.task, examples, trajectories);
}

std::vector<ProbeResult> run_samples(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  const DrawSamples draw = [&](const std::string& mode, std::int64_t samples) {
    RunOptions run = a.run;
    run.samples = samples;
    run.count_flops = true;
    return reason_about(model, *model.task, mode, examples, a.options, run);
  };
  return {sample_votes(draw, a.samples)};
}

std::vector<ProbeResult> run_perplexity(const ProbeArguments& a, const LoadedModel& model) {
  return {perplexity(model.bundle, *model.task, load_examples(a.data, a.limit), a.perplexity)};
}

std::vector<ProbeResult> run_neighbours(const ProbeArguments& a, const LoadedModel& model) {
  const Examples examples = load_examples(a.data, a.limit);
  const auto index = NeighbourIndex::build(model.bundle, *model.task, load_examples(a.index, 0));
  return {neighbours(reasoner_on(examples, model, reading(a.run))("continuous", a.options), index, a.neighbours)};
}

std::vector<ProbeResult> run_interpolate(const ProbeArguments& a, const LoadedModel& model) {
  if (!a.minus.empty() || !a.plus.empty()) return {arithmetic(model.bundle, a.from, a.minus, a.plus)};
  return {interpolate(model.bundle, a.from, a.to, a.interpolate)};
}

void add_data_options(CLI::App& command, ProbeArguments& arguments) {
  command.add_option("--data", arguments.data, "questions with answers")->required();
  command.add_option("--limit", arguments.limit, "only the first so many questions; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{10'000'000}))
      ->capture_default_str();
}

CLI::App* add(CLI::App& probe, const std::shared_ptr<ProbeArguments>& arguments, const char* name, const char* what,
              bool has_data, Run run) {
  CLI::App* command = probe.add_subcommand(name, what);
  add_model_options(*command, arguments->model);
  if (has_data) {
    add_data_options(*command, *arguments);
    add_reasoning_options(*command, arguments->options);
    add_run_options(*command, arguments->run);
  }
  command->add_option("--json", arguments->json, "write the table to this file; - is standard output");
  command->callback([arguments, run] {
    const LoadedModel model = load_model(arguments->model);
    show(*arguments, model, run(*arguments, model));
  });
  return command;
}

void add_interventions(CLI::App& probe, const std::shared_ptr<ProbeArguments>& a) {
  CLI::App* noise = add(probe, a, "noise", "Accuracy under noise, by its size and place", true, run_noise);
  noise->add_option("--sigma", a->noise.sigmas, "sizes, relative to the latent's norm")->check(CLI::Range(0.0, 1000.0));
  noise->add_option("--probability", a->noise.probability, "of a step to get noise")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  noise->footer("Example:\n  noema probe noise --data stories.json --sigma 0 0.2 0.5 1 --json noise.json");

  CLI::App* ablate = add(probe, a, "ablate", "Accuracy without what the latents carry", true, run_ablate);
  ablate->add_option("--mode", a->ablate.modes, "continuous, discretized")
      ->check(CLI::IsMember({"continuous", "discretized"}))
      ->expected(1)
      ->take_all();
  ablate->add_option("--freezes", a->ablate.freezes, "freeze after each of the first so many steps")
      ->check(CLI::Range(std::size_t{0}, std::size_t{100}))
      ->capture_default_str();
  ablate->footer("Example:\n  noema probe ablate --data stories.json");

  CLI::App* necessity = add(probe, a, "necessity", "Which steps the answer hangs on", true, run_necessity);
  necessity->add_option("--mode", a->necessity.mode, "continuous or discretized")
      ->check(CLI::IsMember({"continuous", "discretized"}))
      ->capture_default_str();
  necessity->add_option("--steps", a->necessity.max_steps, "try the first so many")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100}))
      ->capture_default_str();
  necessity->footer("Example:\n  noema probe necessity --data stories.json");

  CLI::App* hybrid = add(probe, a, "hybrid", "What tells wrong answers, and what reading uncertain steps back gives",
                         true, run_hybrid);
  hybrid->add_option("--share", a->hybrid.shares, "of the steps to be read back")->check(CLI::Range(0.0, 1.0));
  hybrid->add_option("--choose-on", a->choose_on,
                     "other questions with answers: measure and thresholds are chosen on them (default: the same)");
  hybrid->footer(
      "Example:\n"
      "  noema data stories --count 500 --seed 8 --out others.json\n"
      "  noema probe hybrid --data stories.json --limit 500 --choose-on others.json");

  CLI::App* samples = add(probe, a, "samples", "What a vote among several answers gives, and costs", true, run_samples);
  samples->add_option("--samples", a->samples.counts, "how many")->check(CLI::Range(1, 1024));
  samples->add_option("--mode", a->samples.modes, mode_list())
      ->check(CLI::IsMember(mode_names()))
      ->expected(1)
      ->take_all();
  samples->footer("Example:\n  noema probe samples --data stories.json --latent-temperature 0.3 --temperature 0.7");

  CLI::App* interchange =
      add(probe, a, "interchange", "Do answers follow when a step is replaced by another fact?", true, run_interchange);
  interchange->add_option("--mode", a->interchange.mode, "continuous or discretized")
      ->check(CLI::IsMember({"continuous", "discretized"}))
      ->capture_default_str();
  interchange->add_flag("!--no-sentence", a->interchange.by_sentence,
                        "only the model's own concepts, without a search");
  interchange->footer(
      "Example:\n"
      "  noema data stories --count 200 --seed 7 --twins --out twins.json\n"
      "  noema probe interchange --data twins.json");
}

void add_embeddings(CLI::App& probe, const std::shared_ptr<ProbeArguments>& a) {
  CLI::App* between = add(probe, a, "interpolate", "Sentences between two sentences' embeddings, and their arithmetic",
                          false, run_interpolate);
  between->add_option("--from", a->from, "a sentence; the a of a - b + c")->required();
  CLI::Option* to = between->add_option("--to", a->to, "another sentence");
  CLI::Option* minus = between->add_option("--minus", a->minus, "b of a - b + c")->excludes(to);
  CLI::Option* plus = between->add_option("--plus", a->plus, "c of a - b + c")->excludes(to)->needs(minus);
  minus->needs(plus);
  between->add_option("--points", a->interpolate.points, "on the way, both ends included")
      ->check(CLI::Range(2, 1000))
      ->capture_default_str();
  between->footer(
      "Examples:\n"
      "  noema probe interpolate --from 'Tom has the ball in the park.' --to 'Ann has the key in the attic.'\n"
      "  noema probe interpolate --from 'Tom has the ball in the park.' --minus 'Tom has the ball in the gym.' "
      "--plus 'Ann has the key in the gym.'");

  CLI::App* near = add(probe, a, "neighbours", "The nearest known sentences to each concept", true, run_neighbours);
  near->add_option("--index", a->index, "known sentences: those of this file of questions with steps")->required();
  near->add_option("--rows", a->neighbours.max_rows, "steps shown; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{10'000'000}));
  near->footer("Example:\n  noema probe neighbours --data stories.json --index known.json --rows 20");

  add(probe, a, "roundtrip", "What encoding and decoding keep of sentences", true, run_roundtrip)
      ->footer("Example:\n  noema probe roundtrip --data stories.json");

  CLI::App* perplexity =
      add(probe, a, "perplexity", "How well each part tells the next sentence, by token", false, run_perplexity);
  add_data_options(*perplexity, *a);
  perplexity->add_option("--batch", a->perplexity.batch, "examples read together")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{4096}))
      ->capture_default_str();
  perplexity->footer("Example:\n  noema probe perplexity runs/prose/bundle --data data/prose/valid.json --limit 0");
}

}  // namespace

void add_probe(CLI::App& program) {
  const auto arguments = std::make_shared<ProbeArguments>();
  CLI::App* probe = program.add_subcommand("probe", "Experiments on latents and embeddings, each a table");
  probe->require_subcommand(1);
  add_interventions(*probe, arguments);
  add_embeddings(*probe, arguments);
  probe->footer("Example:\n  noema probe ablate --data stories.json --limit 100\n  noema probe noise --help");
}

}  // namespace noema
