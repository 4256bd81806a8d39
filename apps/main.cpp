#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "apps/commands.h"
#include "base/error.h"

int main(int argc, char** argv) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("noema"));
  spdlog::set_pattern("%H:%M:%S %v");

  CLI::App program("noema: reasoning in sentence embeddings", "noema");
  program.require_subcommand(1);
  for (const auto add : {noema::add_repl, noema::add_generate, noema::add_eval, noema::add_dump, noema::add_lens,
                         noema::add_probe, noema::add_report, noema::add_train, noema::add_data, noema::add_documents,
                         noema::add_import, noema::add_describe, noema::add_bench}) {
    add(program);
  }
  try {
    program.parse(argc, argv);
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout.flush()) {
      throw noema::Error({"standard output", "room for the results", "a write that failed", "they are not whole"});
    }
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : 2;
  } catch (const std::exception& error) {
    const std::string message = error.what();  // libtorch's go on with a backtrace
    std::fprintf(stderr, "noema: %s\n", message.substr(0, message.find('\n')).c_str());
    return 1;
  }
  return 0;
}
