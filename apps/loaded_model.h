#pragma once

#include <memory>
#include <string>

#include "concept_lm/bundle.h"
#include "tasks/task.h"

namespace noema {

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

/// Finds and reads a model, and logs what it computes on. Throws Error.
LoadedModel load_model(const ModelChoice& choice);

}  // namespace noema
