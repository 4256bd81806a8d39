#include "apps/repl/session.h"

#include <charconv>
#include <filesystem>
#include <ostream>
#include <utility>

#include "apps/output.h"
#include "apps/repl/columns.h"
#include "base/error.h"
#include "base/file.h"
#include "base/mapped_file.h"
#include "base/nearest.h"
#include "decoding/reasoner.h"
#include "inspect/records/recorder.h"
#include "inspect/records/trajectory_line.h"

namespace noema {
namespace {

constexpr std::uint64_t kExampleSeed = 20240601;
constexpr std::size_t kLongestLine = 4000;

std::string shown(const Step& step) { return printable(step.text, kLongestLine); }

/// Shows sentences as soon as they have a text.
class LiveSteps final : public Observer {
 public:
  explicit LiveSteps(std::ostream& out) : out_(out) {}

  void on_step(std::size_t, std::size_t index, const Step& step) override {
    if (!step.is_written) return;
    out_ << "  " << index + 1 << "  " << shown(step) << (step.is_view ? "  (view)" : "") << std::endl;
  }

 private:
  std::ostream& out_;
};

/// Throws Error when a file holds anything but trajectories that were saved before.
void check_saved_over(const std::filesystem::path& path) {
  std::error_code failure;
  if (!std::filesystem::is_regular_file(path, failure)) return;
  const MappedFile file(path, "a file of trajectories");
  const std::string_view first = file.text().substr(0, file.text().find('\n'));
  try {
    if (!file.text().empty()) read_record<TrajectoryLine>(parse_json(first, path.string()), path.string());
  } catch (const Error&) {
    throw Error({"/save", "a new file, or one of saved trajectories", "another file", "choose another name"});
  }
}

std::string cost_line(const Trajectory& trajectory) {
  const Cost& cost = trajectory.cost;
  return trajectory.mode + ": " + std::to_string(trajectory.steps.size()) + " steps, " + std::to_string(cost.passes) +
         " passes, " + number(cost.flops / 1e9, 3) + " GFLOPs, " + number(cost.total_ms(), 1) + " ms";
}

std::string answer_of(const Trajectory& trajectory) {
  if (trajectory.stop == StopReason::cancelled) return "(stopped)";
  if (trajectory.answer) return printable(*trajectory.answer, kLongestLine);
  return "(" + why_no_answer(trajectory) + ")";
}

}  // namespace

ReplSession::ReplSession(const ModelChoice& model, const ReasoningOptions& options, const RunOptions& run,
                         std::ostream& out, int width, std::atomic<bool>& cancelled)
    : model_(load_model(model)),
      precision_(model.precision),
      options_(options),
      run_(run),
      out_(out),
      width_(width),
      cancelled_(cancelled) {
  run_.cancelled = &cancelled_;
  run_.count_flops = true;
  if (!model_.bundle.concepts) mode_ = "chain";
}

const std::vector<ReplSession::Command>& ReplSession::commands() {
  static const std::vector<Command> all = {
      {"mode", "[direct|chain|continuous|discretized|hybrid]", "how questions are reasoned about",
       &ReplSession::set_mode},
      {"steps", "[on|off]", "show the sentences on the way; in continuous mode they are a view",
       &ReplSession::set_steps},
      {"temperature", "[T [LATENT]]", "sampling of tokens, and noise on concepts; 0 0 is greedy",
       &ReplSession::set_temperature},
      {"compare", "[QUESTION]", "the question, or the last one, in three modes side by side", &ReplSession::compare},
      {"show", "", "the last answer in numbers: probability, entropy and stop probability by step", &ReplSession::show},
      {"lens", "[QUESTION]", "every layer's reading of every step, of the question or of the last answer",
       &ReplSession::lens},
      {"edit", "K \"SENTENCE\"", "put another sentence in the place of step K, and go on from there",
       &ReplSession::edit},
      {"nudge", "K SIGMA", "add noise to step K, and go on from there", &ReplSession::nudge},
      {"why", "K", "step K: what else it might say, and the known sentences next to it", &ReplSession::why},
      {"example", "", "ask a question of the model's own task", &ReplSession::example},
      {"load", "MODEL", "another model", &ReplSession::load},
      {"save", "FILE", "write the session's trajectories as JSONL", &ReplSession::save},
      {"trace", "FOLDER", "write the session's trajectories with their latents as a dump", &ReplSession::trace},
      {"help", "", "this list", &ReplSession::help},
      {"quit", "", "leave (so does Ctrl-D)", &ReplSession::quit}};
  return all;
}

void ReplSession::greet() {
  out_ << "noema with " << printable(model_.bundle.where, kLongestLine) << ", mode " << mode_
       << ". Type a story and a question on one line, /example for one, /help for commands.\n";
}

bool ReplSession::handle(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return true;
  const std::string text(line.substr(first, line.find_last_not_of(" \t\r") - first + 1));
  cancelled_ = false;
  try {
    if (text.front() == '/') {
      obey(text.substr(1));
    } else {
      answer(text);
    }
  } catch (const std::exception& error) {
    out_ << "error: " << error.what() << std::endl;
  }
  return !ended_;
}

void ReplSession::obey(const std::string& line) {
  const std::size_t space = std::min(line.find(' '), line.size());
  const std::string name = line.substr(0, space);
  const std::size_t begin = std::min(line.find_first_not_of(' ', space), line.size());
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) return (this->*command.run)(line.substr(begin));
    names.emplace_back(command.name);
  }
  const auto meant = nearest(name, names);
  throw Error({"/" + printable(name), "a command", "none of this name",
               meant ? "did you mean /" + *meant + "?" : "/help lists them"});
}

Trajectory ReplSession::ask(const std::string& question, const std::string& mode, bool live,
                            Intervention* intervention) {
  ReasoningOptions options = options_;
  options.intervention = intervention;
  RunOptions run = run_;
  run.read_steps = show_steps_ || !live;
  LiveSteps steps(out_);
  const Reasoner reasoner(model_.bundle, *model_.task, mode);
  return reasoner.run({question}, options, run, live && show_steps_ ? &steps : nullptr).front();
}

void ReplSession::answer(const std::string& question) {
  may_lose_ = false;
  answered_.push_back(ask(question, mode_, true));
  interventions_.clear();
  show_answer();
}

void ReplSession::show_answer() {
  const Trajectory& last = answered_.back();
  const bool is_told = model_.task->is_open_ended() && !last.answer && show_steps_;  // sentence by sentence
  if (!is_told) out_ << "= " << answer_of(last) << "\n";
  out_ << cost_line(last) << std::endl;
}

void ReplSession::set_mode(const std::string& argument) {
  if (!argument.empty()) {
    const Reasoner checked(model_.bundle, *model_.task, argument);
    mode_ = argument;
  }
  out_ << "mode " << mode_ << "\n";
}

void ReplSession::set_steps(const std::string& argument) {
  if (argument != "" && argument != "on" && argument != "off") {
    throw Error({"/steps", "on or off", printable(argument), ""});
  }
  if (!argument.empty()) show_steps_ = argument == "on";
  out_ << "steps " << (show_steps_ ? "on" : "off") << "\n";
}

void ReplSession::set_temperature(const std::string& argument) {
  double values[2] = {options_.sampling.temperature, options_.latent_temperature};
  const char* at = argument.data();
  const char* end = at + argument.size();
  for (double& value : values) {
    while (at != end && *at == ' ') ++at;
    if (at == end) break;
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error != std::errc() || !(value >= 0.0 && value <= 100.0) || (stop != end && *stop != ' ')) {
      throw Error({"/temperature", "numbers from 0 to 100", printable(argument), ""});
    }
    at = stop;
  }
  if (std::string_view(at, end).find_first_not_of(' ') != std::string_view::npos) {
    throw Error({"/temperature", "two numbers at most", printable(argument), ""});
  }
  options_.sampling.temperature = values[0];
  options_.latent_temperature = values[1];
  out_ << "temperature " << number(values[0], 2) << " of tokens, " << number(values[1], 2) << " of concepts\n";
}

void ReplSession::compare(const std::string& argument) {
  const std::string question = argument.empty() && !answered_.empty() ? answered_.back().question : argument;
  if (question.empty()) throw Error({"/compare", "a question, or one asked before", "none", ""});
  std::vector<std::vector<std::string>> columns;
  for (const char* mode : {"chain", "continuous", "discretized"}) {
    const Trajectory trajectory = ask(question, mode, false);
    std::vector<std::string> column = {mode};
    for (const Step& step : trajectory.steps) column.push_back(shown(step));
    column.push_back("= " + answer_of(trajectory));
    const Cost& cost = trajectory.cost;
    column.push_back(std::to_string(cost.passes) + " passes, " + number(cost.flops / 1e9, 3) + " GFLOPs, " +
                     number(cost.total_ms(), 1) + " ms");
    columns.push_back(std::move(column));
  }
  print_columns(out_, columns, width_);
  out_ << std::flush;
}

void ReplSession::show(const std::string&) {
  if (answered_.empty()) throw Error({"/show", "a question asked before", "none", ""});
  const Trajectory& last = answered_.back();
  out_ << printable(last.question, kLongestLine) << "\n";
  for (std::size_t i = 0; i < last.steps.size(); ++i) {
    const Step& step = last.steps[i];
    out_ << "  " << i + 1 << "  " << (step.is_written ? shown(step) : "(not read)") << "\n     token probability "
         << number(step.token_probability, 3) << ", entropy " << number(step.entropy, 3);
    if (step.stop_probability) out_ << ", stop " << number(*step.stop_probability, 3);
    out_ << "\n";
  }
  out_ << "= " << answer_of(last) << " (" << to_string(last.stop) << ")\n" << cost_line(last) << "\n";
}

void ReplSession::example(const std::string&) {
  const auto& generator = model_.task->generator();
  if (!generator) throw Error({"/example", "a task with a generator", model_.task->name(), ""});
  const Example made = generator->generate(kExampleSeed, examples_shown_++);
  out_ << "? " << printable(made.question, kLongestLine) << "\n";
  answer(made.question);
  out_ << "(the true answer: " << printable(made.answer, kLongestLine) << ")\n";
}

void ReplSession::load(const std::string& argument) {
  if (argument.empty()) throw Error({"/load", "a bundle's folder, or the name of a model that ships", "none", ""});
  if (saved_ < answered_.size() && !std::exchange(may_lose_, true)) {
    throw Error({"/load", "no answers that are not saved", std::to_string(answered_.size() - saved_),
                 "/save or /trace them, or give the command again to lose them"});
  }
  LoadedModel loaded = load_model({argument, precision_});
  model_ = std::move(loaded);
  if (!model_.bundle.concepts) mode_ = "chain";
  known_.reset();
  answered_.clear();  // the latents of one model mean nothing to another
  interventions_.clear();
  saved_ = 0;
  may_lose_ = false;
  greet();
}

void ReplSession::save(const std::string& argument) {
  if (argument.empty()) throw Error({"/save", "the name of a file", "none", ""});
  if (answered_.empty()) throw Error({"/save", "a question asked before", "none", ""});
  std::string lines;
  for (std::size_t i = 0; i < answered_.size(); ++i) {
    lines += write_record(line_of({i, answered_[i], {}, {}, {}}, 0))
                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) +
             "\n";
  }
  if (argument == "-") {
    out_ << lines;
    return;
  }
  check_saved_over(argument);
  write_file(argument, lines);
  saved_ = answered_.size();
  out_ << answered_.size() << " trajectories are in " << printable(argument, kLongestLine) << "\n";
}

void ReplSession::help(const std::string&) {
  for (const Command& command : commands()) {
    std::string usage = std::string("/") + command.name + " " + command.arguments;
    usage.resize(std::max<std::size_t>(usage.size(), 46), ' ');
    out_ << "  " << usage << " " << command.what << "\n";
  }
  out_ << "Anything else is a question. Ctrl-C takes a line back, and stops an answer and a search for an edit.\n";
}

void ReplSession::quit(const std::string&) { ended_ = true; }

}  // namespace noema
