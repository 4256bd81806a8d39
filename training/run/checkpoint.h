#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "nn/model/weights.h"

namespace noema {

/// A stage in the middle of its training.
struct Checkpoint {
  std::int64_t step = 0;            ///< steps done
  std::string settings;             ///< the recipe's for this stage
  std::optional<double> best = {};  ///< of the measure that is selected by; nothing: not measured yet
  TensorMap parameters;
  TensorMap best_parameters;
  TensorMap optimizer;
};

/// Writes it whole or not at all: one safetensors file, replaced by renaming.
void save_checkpoint(const std::filesystem::path& path, const Checkpoint& checkpoint);

/// Nothing when there is no such file. Throws Error when it is damaged.
std::optional<Checkpoint> load_checkpoint(const std::filesystem::path& path);

/// Throws Error, naming the file `where` and the first line that differs, when what is in it was trained by other
/// settings than those of the recipe now.
void check_same_settings(const std::string& saved, const std::string& now, const std::string& where);

}  // namespace noema
