#pragma once

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "concept_lm/bundle.h"
#include "decoding/intervention.h"
#include "decoding/options.h"
#include "tasks/task.h"

namespace noema {

/// The folder of a model: `name` itself when it is a bundle, else a model of that name among those that ship. Empty is
/// the default model. Throws Error when there is none.
std::filesystem::path find_model(const std::string& name);

/// Whether `name` is a bundle's folder or the name of a model that ships.
bool is_model(const std::string& name);

/// A model with the task that it was trained on.
struct LoadedModel {
  Bundle bundle;
  std::unique_ptr<Task> task;
};

/// Which model is wanted, and how it is to compute.
struct ModelChoice {
  std::string name;                ///< as find_model takes it
  std::string precision = "auto";  ///< fp32, bf16, int8, or auto
  std::string device = "cpu";      ///< cpu, cuda, or auto: cuda where there is one
};

/// Throws Error.
LoadedModel load_model(const ModelChoice& choice);

/// Adds the optional first argument MODEL.
void add_model_argument(CLI::App& command, std::string& model);

/// Adds that, and `--precision`.
void add_model_options(CLI::App& command, ModelChoice& choice);

/// Adds `--device`.
void add_device_option(CLI::App& command, ModelChoice& choice);

/// Adds the options that say how questions are reasoned about: stopping, sampling.
void add_reasoning_options(CLI::App& command, ReasoningOptions& options);

/// Adds `--seed`, `--memory` and `--batch`.
void add_run_options(CLI::App& command, RunOptions& run);

/// Adds `--seed`, which must be a whole number that 64 bits hold.
void add_seed_option(CLI::App& command, std::uint64_t& seed, const std::string& what);

/// What `--stop` takes, as it is written there: "head", "head,repetition", or "none" for no rule.
std::string to_text(const std::vector<StopRule>& rules);

/// The words that `--uncertainty` takes.
const std::map<std::string, UncertaintyMeasure>& uncertainty_measures();

/// The word for one of them.
template <typename Choice>
std::string word_for(Choice choice, const std::map<std::string, Choice>& words) {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& entry) { return entry.second == choice; });
  return found == words.end() ? "" : found->first;
}

/// What `--ablate` asks for: "zero", "shuffle", "random", "noise:0.5", or null for "none" and nothing. Throws Error for
/// others.
std::unique_ptr<Intervention> parse_ablation(const std::string& text);

/// The names of the modes, for helps: "direct, chain, …".
std::string mode_list();

}  // namespace noema
