#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <sstream>

#include "apps/commands.h"
#include "apps/output.h"
#include "base/error.h"
#include "base/utf8.h"

namespace {

/// A write beyond the limit on the size of files fails as one on a full disk does, and a file that is cut short while
/// it is read is named as the reason.
void set_up_signals() {
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGBUS, [](int) {
    constexpr std::string_view kMessage = "noema: a file was cut short while it was read, or its disk failed\n";
    if (::write(STDERR_FILENO, kMessage.data(), kMessage.size()) < 0) ::_exit(1);
    ::_exit(1);
  });
}

/// Names and texts go into JSON, which has no other bytes.
void check_arguments(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) noema::need_utf8(argv[i], ("argument " + std::to_string(i)).c_str());
}

void flush_results() {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.flush()) return;
  throw noema::Error({"standard output", "room for the results", "a write that failed", "they are not whole"});
}

/// Prints help, or what is wrong with the usage, and gives the code to exit with.
int print_usage(const CLI::App& program, const CLI::ParseError& error) {
  std::ostringstream help, complaint;
  const int code = program.exit(error, help, complaint);
  std::cout << help.str();
  std::istringstream lines(complaint.str());
  for (std::string line; std::getline(lines, line);) std::cerr << noema::printable(line, line.npos) << "\n";
  if (code != 0) return 2;
  flush_results();
  return 0;
}

int run(CLI::App& program, int argc, char** argv) {
  check_arguments(argc, argv);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return print_usage(program, error);
  }
  flush_results();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  set_up_signals();
  noema::set_up_log();
  CLI::App program("noema: reasoning in sentence embeddings", "noema");
  program.require_subcommand(1);
  for (const auto add : {noema::add_repl, noema::add_generate, noema::add_eval, noema::add_dump, noema::add_lens,
                         noema::add_probe, noema::add_report, noema::add_train, noema::add_data, noema::add_documents,
                         noema::add_import, noema::add_describe, noema::add_bench}) {
    add(program);
  }
  try {
    return run(program, argc, argv);
  } catch (const std::exception& error) {
    const std::string message = error.what();  // libtorch's go on with a backtrace
    const std::string line = message.substr(0, message.find('\n'));
    std::fprintf(stderr, "noema: %s\n", noema::printable(line, line.npos).c_str());
    return 1;
  }
}
