#pragma once

#include <filesystem>
#include <memory>

#include "training/run/progress.h"

namespace noema {

/// Shows training on stderr: a line that is written over on a terminal, plain lines elsewhere. Every report is also a
/// line of JSON at the end of `metrics`.
std::unique_ptr<TrainingProgress> make_training_display(const std::filesystem::path& metrics);

}  // namespace noema
