#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "apps/commands.h"
#include "apps/output.h"
#include "base/error.h"
#include "base/file.h"
#include "inspect/report/report.h"
#include "inspect/report/trajectory_map.h"

namespace noema {
namespace {

struct ReportArguments {
  std::string out;
  std::vector<std::string> runs;
  ReportOptions options;
};

void report(const ReportArguments& arguments) {
  const bool to_stdout = arguments.out == "-";
  if (!to_stdout && !arguments.out.ends_with(".html") && !arguments.out.ends_with(".htm")) {
    throw Error({"report", "first the page to write, a name that ends in .html, or -", printable(arguments.out),
                 "noema report report.html RUN..."});
  }
  const std::vector<std::filesystem::path> runs(arguments.runs.begin(), arguments.runs.end());
  const TrajectoryMap map = make_trajectory_map(runs);
  const std::string page = make_report(runs, map.paths.empty() ? nullptr : &map, arguments.options);
  write_result(arguments.out, page);
  if (!to_stdout) spdlog::info("{} runs are in {} ({} KB)", runs.size(), arguments.out, page.size() / 1024);
}

}  // namespace

void add_report(CLI::App& program) {
  auto arguments = std::make_shared<ReportArguments>();
  CLI::App* command = program.add_subcommand("report", "Join runs into one HTML file that opens anywhere");
  command->add_option("out", arguments->out, "file to write; - is standard output")->required();
  command->add_option("runs", arguments->runs, "folders of dumps; JSON of evaluations, lenses and probes")->required();
  command->add_option("--title", arguments->options.title, "heading of the page")->capture_default_str();
  command->add_option("--limit", arguments->options.max_questions, "only the first so many questions; the page says so")
      ->check(CLI::Range(std::size_t{1}, std::size_t{100'000}))
      ->capture_default_str();
  command->footer("Example:\n  noema report report.html runs/continuous runs/chain eval.json lens.json noise.json");
  command->callback([arguments] { report(*arguments); });
}

}  // namespace noema
