#include "apps/arguments.h"

#include <CLI/CLI.hpp>
#include <charconv>

#include "base/error.h"
#include "decoding/strategy.h"
#include "inspect/interventions/interventions.h"

namespace noema {
namespace {

const std::map<std::string, StopRule>& stop_rules() {
  static const std::map<std::string, StopRule> rules = {
      {"head", StopRule::head}, {"oracle", StopRule::oracle}, {"repetition", StopRule::repetition}};
  return rules;
}

/// Nothing for what are no rules.
std::optional<std::vector<StopRule>> parse_stop_rules(const std::string& text) {
  std::vector<StopRule> rules;
  if (text == "none") return rules;
  // The comma at the end: split() passes over what a text ends with, and "head," is no list.
  for (const std::string& word : CLI::detail::split(text + ',', ',')) {
    const auto found = stop_rules().find(word);
    if (found == stop_rules().end()) return std::nullopt;
    rules.push_back(found->second);
  }
  return rules;
}

void add_stop_option(CLI::App& command, std::vector<StopRule>& rules) {
  const auto is_list = [](const std::string& text) {
    if (parse_stop_rules(text)) return std::string();
    return "expected head, oracle or repetition, or several with commas between them, or none; found " +
           printable(text);
  };
  command
      .add_option_function<std::string>(
          "--stop", [&rules](const std::string& text) { rules = *parse_stop_rules(text); },
          "what ends latent reasoning: head, oracle, repetition, or the first of several (head,repetition); or none")
      ->check(CLI::Validator(is_list, "", "rules"))
      ->default_str("head");
}

}  // namespace

void add_model_argument(CLI::App& command, std::string& model) {
  command.add_option("MODEL", model, "a bundle's folder, or the name of a model that ships (default: stories)");
}

void add_model_options(CLI::App& command, ModelChoice& choice) {
  add_model_argument(command, choice.name);
  command
      .add_option("--precision", choice.precision,
                  "of products with weights; auto: bf16 for large models where it is faster, and on a GPU, else fp32")
      ->check(CLI::IsMember({"auto", "fp32", "bf16", "int8"}))
      ->capture_default_str();
}

void add_device_option(CLI::App& command, ModelChoice& choice) {
  command.add_option("--device", choice.device, "that computes: cpu, cuda, or auto: a GPU where there is one")
      ->check(CLI::IsMember({"cpu", "cuda", "auto"}))
      ->capture_default_str();
}

void add_seed_option(CLI::App& command, std::uint64_t& seed, const std::string& what) {
  const auto is_seed = [](const std::string& text) {
    std::uint64_t value = 0;  // CLI11 would take "-1" for the greatest
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool fits = error == std::errc() && stop == text.data() + text.size();
    return fits ? std::string() : "expected a whole number from 0 to 2^64 - 1, found " + printable(text);
  };
  command.add_option("--seed", seed, what)->check(CLI::Validator(is_seed, "", "seed"))->capture_default_str();
}

std::string to_text(const std::vector<StopRule>& rules) {
  std::string text;
  for (const StopRule rule : rules) text += (text.empty() ? "" : ",") + word_for(rule, stop_rules());
  return text.empty() ? "none" : text;
}

const std::map<std::string, UncertaintyMeasure>& uncertainty_measures() {
  static const std::map<std::string, UncertaintyMeasure> measures = {{"first-token", UncertaintyMeasure::first_token},
                                                                     {"readout", UncertaintyMeasure::readout},
                                                                     {"stop", UncertaintyMeasure::stop}};
  return measures;
}

void add_reasoning_options(CLI::App& command, ReasoningOptions& options) {
  command.add_option("--max-steps", options.max_steps, "sentences before reasoning is cut off")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  add_stop_option(command, options.stop);
  command
      .add_option("--uncertainty", options.uncertainty,
                  "how hybrid mode measures uncertainty: first-token, readout or stop")
      ->transform(CLI::CheckedTransformer(uncertainty_measures()).description(""))
      ->default_str("first-token");
  command
      .add_option("--uncertainty-threshold", options.uncertainty_threshold,
                  "nats above which hybrid mode reads a step back")
      ->check(CLI::Range(-1.0, 1000.0))
      ->capture_default_str();
  command.add_option("--stop-threshold", options.stop_threshold, "probability above which a sentence is the answer")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command.add_option("--temperature", options.sampling.temperature, "of tokens; 0: always the most probable")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command.add_option("--top-k", options.sampling.top_k, "choose among so many tokens; 0: all")
      ->check(CLI::Range(0, 1 << 20))
      ->capture_default_str();
  command.add_option("--top-p", options.sampling.top_p, "choose among tokens of this share of probability")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  command.add_option("--latent-temperature", options.latent_temperature, "noise on each predicted concept")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
}

void add_abstain_option(CLI::App& command, ReasoningOptions& options) {
  options.abstain = true;
  command.add_flag("--no-abstain{false}", options.abstain,
                   "also reason about questions that are unlike those that the model learnt");
}

void add_samples_option(CLI::App& command, RunOptions& run) {
  command
      .add_option("--samples", run.samples, "answers to each question, of which most votes win; needs a temperature")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1024}))
      ->capture_default_str();
}

void add_run_options(CLI::App& command, RunOptions& run) {
  add_seed_option(command, run.seed, "of all sampling");
  command
      .add_option_function<std::int64_t>(
          "--memory", [&run](std::int64_t megabytes) { run.memory = megabytes << 20; },
          "MiB for the caches of a batch; what needs more is split")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{1} << 24));
  command.add_option("--batch", run.batch, "questions reasoned about together")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{4096}))
      ->capture_default_str();
}

std::string mode_list() {
  std::string list;
  const std::vector<std::string>& names = mode_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    list += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  }
  return list;
}

std::unique_ptr<Intervention> parse_ablation(const std::string& text) {
  if (text.empty() || text == "none") return nullptr;
  if (text == "zero") return make_zero();
  if (text == "shuffle") return make_shuffle();
  if (text == "random") return make_random_direction();
  const std::string noise = "noise:";
  double sigma = -1.0;
  const char* end = text.data() + text.size();
  const char* begin = text.starts_with(noise) ? text.data() + noise.size() : end;
  const auto [stop, error] = std::from_chars(begin, end, sigma);
  if (error != std::errc() || stop != end || !(sigma >= 0.0 && sigma <= 1000.0)) {
    throw Error({"--ablate", "zero, shuffle, random, noise:SIGMA (0 to 1000) or none", printable(text), ""});
  }
  return make_noise(NoisePlace::fed_back, sigma);
}

}  // namespace noema
