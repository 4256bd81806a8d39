#pragma once

#include <CLI/App.hpp>

namespace noema {

/// The commands of the program, one file each. Every function adds a subcommand whose callback does the work and throws
/// Error when it cannot.
void add_repl(CLI::App& program);
void add_generate(CLI::App& program);
void add_eval(CLI::App& program);
void add_dump(CLI::App& program);
void add_lens(CLI::App& program);
void add_probe(CLI::App& program);
void add_report(CLI::App& program);
void add_train(CLI::App& program);
void add_data(CLI::App& program);
void add_documents(CLI::App& program);
void add_import(CLI::App& program);
void add_describe(CLI::App& program);
void add_bench(CLI::App& program);

}  // namespace noema
