#include <malloc.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/launch_ranks.h"
#include "apps/training_display.h"
#include "base/error.h"
#include "base/file.h"
#include "concept_lm/find_model.h"
#include "training/ranks/place.h"
#include "training/recipe_reference.h"
#include "training/run/estimate.h"
#include "training/run/pipeline.h"

namespace noema {
namespace {

std::atomic<bool> interrupted{false};

struct TrainArguments {
  std::string recipe;
  std::vector<std::string> changes;
  std::string run;
  std::string out;
  std::string start;
  bool dry_run = false;
  std::optional<std::string> keys;  // of this table; empty: of all
  bool markdown = false;
  Autocast bf16 = Autocast::automatic;
  double checkpoint_minutes = 5.0;
  int ranks = 1;
};

/// Training asks for the same large tensors at every step. By default glibc gives each back to the system, which then
/// clears its pages anew: a fifth of the time of a step.
void keep_freed_memory() {
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  ::mallopt(M_TOP_PAD, 64 << 20);
}

/// What ends other programs lets this one finish its step and save it. Whoever reads what is printed may go.
void stop_at_signals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    const auto before = std::signal(signal, [](int) { interrupted = true; });
    if (before == SIG_IGN) std::signal(signal, SIG_IGN);  // nohup
  }
  std::signal(SIGPIPE, SIG_IGN);
}

std::string in_units(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f MB", bytes / 1e6);
  return text;
}

void print_estimate(const RecipeEstimate& estimate) {
  std::printf("%-11s %12s %12s %8s %12s %10s %12s\n", "stage", "parameters", "frozen", "steps", "tokens", "hours",
              "memory");
  for (const StageEstimate& stage : estimate.stages) {
    std::printf("%-11s %12lld %12lld %8lld %12.0f %10.2f %12s\n", stage.stage.c_str(),
                static_cast<long long>(stage.parameters), static_cast<long long>(stage.frozen),
                static_cast<long long>(stage.steps), stage.tokens, stage.seconds / 3600.0,
                in_units(stage.memory_bytes).c_str());
  }
  std::printf("disk %s, bundle %s\n", in_units(estimate.disk_bytes).c_str(), in_units(estimate.bundle_bytes).c_str());
}

/// What all ranks must have alike, if the losses are to be those of one.
Identity identity_of(const Recipe& recipe, const TrainArguments& arguments) {
  Identity identity = {{"program", NOEMA_COMMIT}, {"recipe", sha256(recipe.text)}};
  std::string changes;
  for (const std::string& change : recipe.changes) changes += change + '\n';
  identity.emplace_back("changes by --set", changes);
  if (!arguments.start.empty()) {
    identity.emplace_back("--start", sha256_file(std::filesystem::path(arguments.start) / "noema.json"));
  }
  std::vector<std::string> files = recipe.data.exclude;
  files.push_back(recipe.data.train);
  files.push_back(recipe.data.valid);
  for (const auto* mixture : {&recipe.data.mixture, &recipe.data.valid_mixture}) {
    for (const auto& [name, weight] : *mixture) files.push_back(name);
  }
  for (const std::string& file : files) {
    if (std::filesystem::is_regular_file(file)) identity.emplace_back("data", sha256_file(file));
  }
  return identity;
}

/// The other ranks, if this process is one of several.
std::unique_ptr<Ranks> join(const std::optional<Place>& place, const Recipe& recipe, const TrainArguments& arguments) {
  if (!place) return nullptr;
  if (arguments.ranks > 1 && arguments.ranks != place->size) {
    throw Error({"--ranks", "as many as WORLD_SIZE, " + std::to_string(place->size), std::to_string(arguments.ranks),
                 "leave it out: the launcher says how many there are"});
  }
  return join_ranks(*place, identity_of(recipe, arguments));
}

void run(const Recipe& recipe, const TrainArguments& arguments, Ranks* ranks) {
  PipelineOptions options;
  options.run = arguments.run.empty() ? "runs/" + recipe.name : arguments.run;
  options.out = arguments.out;
  options.start = arguments.start;
  options.commit = NOEMA_COMMIT;
  options.trainer.checkpoint_minutes = arguments.checkpoint_minutes;
  options.trainer.bf16 = arguments.bf16;
  options.trainer.interrupted = &interrupted;
  options.trainer.ranks = ranks;
  const bool is_first = !ranks || ranks->is_first();
  const auto display =
      is_first ? make_training_display(options.run / "metrics.jsonl") : std::make_unique<TrainingProgress>();
  if (!run_recipe(recipe, options, *display)) {
    throw Error({arguments.recipe, "training to its end", "an interruption", "run the same command to go on"});
  }
  if (is_first) spdlog::info("the bundle is in {}", options.out.empty() ? recipe.out : options.out.string());
}

/// After a failure a connection may still be in use by a thread that nobody can end: the process is left at once.
[[noreturn]] void leave(const std::exception& error) {
  const std::string message = error.what();
  std::fprintf(stderr, "noema: %s\n", printable(message.substr(0, message.find('\n')), message.npos).c_str());
  std::fflush(nullptr);
  std::_Exit(1);
}

void train(const TrainArguments& arguments) {
  if (arguments.keys) {
    std::fputs((arguments.markdown ? recipes_page() : describe_keys(*arguments.keys)).c_str(), stdout);
    return;
  }
  if (arguments.recipe.empty()) throw CLI::RequiredError("recipe");
  Recipe recipe = read_recipe(arguments.recipe, arguments.changes);
  std::string& backbone = recipe.model.backbone;
  if (!backbone.empty()) backbone = find_model(backbone).string();
  if (arguments.dry_run) return print_estimate(estimate(recipe, arguments.start));
  if (arguments.ranks > 1 && !place_in_environment()) return launch_ranks(arguments.ranks);

  keep_freed_memory();
  stop_at_signals();
  const std::optional<Place> place = place_in_environment();
  std::unique_ptr<Ranks> ranks;
  try {
    ranks = join(place, recipe, arguments);
    run(recipe, arguments, ranks.get());
  } catch (const std::exception& error) {
    if (place) leave(error);
    throw;
  }
}

}  // namespace

void add_train(CLI::App& program) {
  auto arguments = std::make_shared<TrainArguments>();
  CLI::App* command =
      program.add_subcommand("train", "Train a model by a recipe: chain, semantic, contextual, concept, stop");
  command->add_option("recipe", arguments->recipe, "TOML file, see recipes/");
  command
      ->add_option("--set", arguments->changes,
                   "KEY=VALUE or TABLE.KEY=VALUE: in place of what the recipe says; many are possible")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--run", arguments->run, "folder of checkpoints and metrics (default: runs/NAME)");
  command->add_option(
      "--out", arguments->out,
      "folder of the bundle (default: the recipe's); one that is there is replaced, anything else is not");
  command->add_option("--start", arguments->start,
                      "bundle whose parts the stages start from, and those of no steps keep");
  command->add_flag("--dry-run", arguments->dry_run, "print parameters, memory, disk and time, and stop");
  const std::map<std::string, Autocast> words = {
      {"auto", Autocast::automatic}, {"on", Autocast::on}, {"off", Autocast::off}};
  command->add_option("--keys", arguments->keys, "print the keys of recipes, or of one table of them, and stop")
      ->expected(0, 1);
  command->add_flag("--markdown", arguments->markdown, "with --keys: as the page docs/recipes.md has them");
  command->add_option("--bf16", arguments->bf16, "auto (probe), on or off")->transform(CLI::CheckedTransformer(words));
  command->add_option("--checkpoint-minutes", arguments->checkpoint_minutes, "minutes between checkpoints")
      ->check(CLI::Range(0.0, 1440.0));
  command->add_option("--ranks", arguments->ranks, "processes on this machine that train together (docs/scaling.md)")
      ->check(CLI::Range(1, 1024));
  command->footer(
      "Examples:\n"
      "  noema train recipes/stories.toml --dry-run\n"
      "  noema train recipes/stories.toml\n"
      "  noema train recipes/stories.toml --set seed=7 --set concept.steps=500 --run runs/seven --out "
      "runs/seven/bundle\n"
      "  noema train recipes/stories.toml --ranks 2\n"
      "A run that was stopped goes on where it was when the same command is given again.");
  command->callback([arguments] { train(*arguments); });
}

}  // namespace noema
