#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "apps/commands.h"
#include "apps/evaluation_run.h"
#include "apps/output.h"
#include "base/error.h"
#include "base/file.h"
#include "concept_lm/find_model.h"
#include "decoding/strategy.h"
#include "inspect/lens/lens.h"
#include "inspect/report/report.h"

namespace noema {
namespace {

struct LensArguments {
  ModelChoice model;  ///< or the question, when no model is named
  std::string question;
  std::string data;
  std::string mode = "continuous";
  std::int64_t limit = 20;
  std::string json;
  std::string html;
  ReasoningOptions options;
  RunOptions run;
};

/// MODEL may be left out: what is not a model is the question.
void sort_out(LensArguments& arguments) {
  if (!arguments.question.empty() || arguments.model.name.empty()) return;
  if (!arguments.data.empty() || is_model(arguments.model.name)) return;
  if (arguments.model.name.find(' ') == std::string::npos) return;  // a mistyped name, which load_model refuses
  std::swap(arguments.question, arguments.model.name);
}

std::vector<Example> asked(const LensArguments& arguments) {
  if (arguments.question.empty() == arguments.data.empty()) {
    throw Error({"lens", "a question or --data", arguments.data.empty() ? "neither" : "both",
                 "noema lens 'Tom had 3 apples. ...'"});
  }
  if (!arguments.data.empty()) return load_examples(arguments.data, arguments.limit);
  Example example;
  example.question = arguments.question;
  return {example};
}

void lens(LensArguments arguments) {
  sort_out(arguments);
  const LoadedModel model = load_model(arguments.model);
  const std::vector<Example> examples = asked(arguments);
  ReasoningOptions options = arguments.options;
  RunOptions run = arguments.run;
  run.read_steps = true;
  options.sampling = {};  // layers are read greedily, and so must be what they are held against
  const nlohmann::json origin = origin_of(model, arguments.data, run.seed);  // complains before the work, not after
  LayerTap tap;
  auto recorded = reason_about(model, *model.task, arguments.mode, examples, options, run, &tap);
  if (arguments.data.empty()) recorded.front().right.reset();  // nobody knows the answer
  const std::vector<LensView> views = read_lens(model.bundle, tap, recorded, options.max_sentence_tokens);

  nlohmann::json json = to_json(views);
  json["run"] = origin;
  if (arguments.json != "-" && arguments.html != "-") {
    const GridStyle style{terminal_width(), colors_wanted()};
    for (const LensView& view : views) std::printf("%s\n", to_text(view, style).c_str());
    std::printf("settled at the last layer but one or before: %.1f%% of the sentences\n",
                100.0 * share_settled(views, 2));
  }
  if (!arguments.json.empty()) write_result(arguments.json, json.dump(1) + "\n");
  if (!arguments.html.empty()) write_result(arguments.html, make_report({parse_report_run(json, "lens")}));
}

}  // namespace

void add_lens(CLI::App& program) {
  auto arguments = std::make_shared<LensArguments>();
  CLI::App* command = program.add_subcommand("lens", "Read every layer of every step as a sentence");
  add_model_options(*command, arguments->model);
  command->add_option("QUESTION", arguments->question, "what to ask");
  command->add_option("--data", arguments->data, "ask the questions of this file instead");
  command->add_option("--limit", arguments->limit, "only the first so many questions; 0: all")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1'000'000}))
      ->capture_default_str();
  command->add_option("--mode", arguments->mode, "continuous or discretized")
      ->check(CLI::IsMember({"continuous", "discretized"}))
      ->capture_default_str();
  command->add_option("--json", arguments->json, "write the readings to this file; - is standard output");
  command->add_option("--html", arguments->html, "write a report to this file; - is standard output");
  add_reasoning_options(*command, arguments->options);
  add_run_options(*command, arguments->run);
  command->footer(
      "Examples:\n"
      "  noema lens 'Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?'\n"
      "  noema lens --data stories.json --limit 200 --json lens.json --html lens.html");
  command->callback([arguments] { lens(*arguments); });
}

}  // namespace noema
