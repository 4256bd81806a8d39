#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <iostream>
#include <memory>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/output.h"
#include "apps/repl/line_reader.h"
#include "apps/repl/session.h"

namespace noema {
namespace {

std::atomic<bool> cancelled{false};

struct ReplArguments {
  ModelChoice model;
  ReasoningOptions options;
  RunOptions run;
};

void repl(const ReplArguments& arguments) {
  ReplSession session(arguments.model, arguments.options, arguments.run, std::cout, terminal_width(), cancelled);
  const auto reader = make_line_reader();
  std::signal(SIGINT, [](int) { cancelled = true; });
  if (isatty(STDIN_FILENO)) session.greet();
  for (auto line = reader->next(); line; line = reader->next()) {
    if (!session.handle(*line)) break;
    std::cout << std::flush;
  }
}

}  // namespace

void add_repl(CLI::App& program) {
  auto arguments = std::make_shared<ReplArguments>();
  CLI::App* command = program.add_subcommand("repl", "Ask questions and watch the reasoning; /help inside");
  add_model_options(*command, arguments->model);
  add_reasoning_options(*command, arguments->options);
  add_abstain_option(*command, arguments->options);
  add_run_options(*command, arguments->run);
  command->footer(
      "Examples:\n"
      "  noema repl\n"
      "  printf 'Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?\\n/compare\\n' | noema repl");
  command->callback([arguments] { repl(*arguments); });
}

}  // namespace noema
