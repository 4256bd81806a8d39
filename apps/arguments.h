#pragma once

#include <CLI/App.hpp>
#include <memory>
#include <string>

#include "concept_lm/bundle.h"
#include "decoding/options.h"
#include "tasks/task.h"

namespace noema {

/// The folder of a model: `name` itself when it is a bundle, else a model of that name among those that ship. Empty is
/// the default model. Throws Error when there is none.
std::filesystem::path find_model(const std::string& name);

/// A model with the task that it was trained on.
struct LoadedModel {
  Bundle bundle;
  std::unique_ptr<Task> task;
};
LoadedModel load_model(const std::string& name);

/// Adds the optional first argument MODEL.
void add_model_argument(CLI::App& command, std::string& model);

/// Adds the options that say how questions are reasoned about: stopping, sampling, seed, batch.
void add_reasoning_options(CLI::App& command, ReasoningOptions& options);

/// "zero", "shuffle", "noise:0.5" or "none". Throws Error for others.
void set_ablation(ReasoningOptions& options, const std::string& text);

}  // namespace noema
