#pragma once

#include <CLI/App.hpp>

namespace noema {

/// The commands of the program, one file each. Every function adds a subcommand whose callback does the work and throws
/// Error when it cannot.
void add_train(CLI::App& program);

}  // namespace noema
