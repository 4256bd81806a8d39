#pragma once

#include <CLI/App.hpp>
#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "apps/loaded_model.h"
#include "decoding/intervention.h"
#include "decoding/options.h"

namespace noema {

/// Adds the optional first argument MODEL.
void add_model_argument(CLI::App& command, std::string& model);

/// Adds that, and `--precision`.
void add_model_options(CLI::App& command, ModelChoice& choice);

/// Adds `--device`.
void add_device_option(CLI::App& command, ModelChoice& choice);

/// Adds the options that say how questions are reasoned about: stopping, sampling.
void add_reasoning_options(CLI::App& command, ReasoningOptions& options);

/// Adds `--seed`, `--memory` and `--batch`.
/// --no-abstain, for commands that abstain without it.
void add_abstain_option(CLI::App& command, ReasoningOptions& options);

/// --samples.
void add_samples_option(CLI::App& command, RunOptions& run);

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
