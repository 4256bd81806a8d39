#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <span>

#include "apps/arguments.h"
#include "apps/commands.h"
#include "apps/launch_ranks.h"
#include "apps/output.h"
#include "base/error.h"
#include "base/file.h"
#include "decoding/reasoner.h"
#include "decoding/vote.h"
#include "inspect/records/recorder.h"
#include "training/ranks/place.h"

namespace noema {
namespace {

/// Batches read before they are answered: where a question is finished, another waits to take its place.
constexpr std::int64_t kBatchesTogether = 4;

struct GenerateArguments {
  ModelChoice model;
  std::string file;
  std::string mode = "continuous";
  bool json = false;
  int ranks = 1;
  ReasoningOptions options;
  RunOptions run;
};

/// The question of a line: the line itself, or the "question" of a JSON object. Throws Error, with the line's number,
/// for what the model cannot be asked.
std::string question_of(const std::string& line, std::size_t number, const Bundle& bundle) {
  const std::string where = "line " + std::to_string(number);
  std::string question = line;
  if (line[line.find_first_not_of(" \t")] == '{') {
    question = json_member<std::string>(parse_json(line, where), "question", where);
  }
  try {
    bundle.tokenize_question(question);
  } catch (const Error& error) {
    Problem problem = error.problem();
    problem.where = where + ": " + problem.where;
    throw Error(problem);
  }
  return question;
}

nlohmann::json line_of(const Trajectory& trajectory) {
  nlohmann::json steps = nlohmann::json::array();
  for (const Step& step : trajectory.steps) steps.push_back(step.text);
  nlohmann::json line = {{"question", trajectory.question},
                         {"steps", steps},
                         {"answer", nullptr},
                         {"stop", to_string(trajectory.stop)},
                         {"cost", to_json(trajectory.cost)}};
  if (trajectory.answer) line["answer"] = *trajectory.answer;
  if (trajectory.familiarity) {
    line["distance"] = trajectory.familiarity->distance;
    line["nearest"] = trajectory.familiarity->nearest;
  }
  return line;
}

/// What is answered to a question by most of its samples: the first of them that says so, and how many agree.
std::pair<const Trajectory*, std::size_t> elected(std::span<const Trajectory> samples) {
  std::vector<std::optional<std::string>> answers;
  for (const Trajectory& sample : samples) answers.push_back(sample.answer);
  const Vote most = vote(answers);
  return {&samples[most.sample.value_or(0)], most.votes};
}

/// `number`: of the question, from 1. A question without an answer has an empty line, so that lines stay in step.
void print(std::span<const Trajectory> samples, const Task& task, bool json, std::uint64_t number) {
  const auto [trajectory, votes] = elected(samples);
  if (!json && task.is_open_ended() && !trajectory->answer) {
    std::printf("%s\n", for_output(text_of(*trajectory)).c_str());
  } else if (!json) {
    std::printf("%s\n", for_output(trajectory->answer.value_or("")).c_str());
    if (!trajectory->answer) {
      std::fprintf(stderr, "noema: question %llu: %s\n", static_cast<unsigned long long>(number),
                   why_no_answer(*trajectory).c_str());
    }
  } else {
    nlohmann::json line = line_of(*trajectory);
    if (samples.size() > 1) {
      line["votes"] = votes;
      for (const Trajectory& sample : samples) line["samples"].push_back(line_of(sample));
    }
    const std::string text = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    std::printf("%s\n", for_output(text).c_str());
  }
  std::fflush(stdout);
}

/// Parts of the questions are dealt out to ranks in turn; what they have written is put together in the same order. The
/// name of the folder is the line after each part.
void generate_by_ranks(const GenerateArguments& arguments) {
  if (arguments.file.empty()) {
    throw Error({"--ranks", "--file with questions, which all ranks read", "standard input", "name a file"});
  }
  const TemporaryOutputs outputs;
  std::exception_ptr failure;
  try {
    launch_ranks(arguments.ranks, outputs.path());
  } catch (const Error&) {
    failure = std::current_exception();  // what was answered before it is none the worse
  }
  std::vector<std::ifstream> parts;
  for (int rank = 0; rank < arguments.ranks; ++rank) parts.emplace_back(output_of(outputs.path(), rank));
  for (std::size_t part = 0;; ++part) {
    std::string text;
    bool is_whole = false;
    for (std::string line; !is_whole && std::getline(parts[part % parts.size()], line);) {
      is_whole = line == outputs.path();
      if (!is_whole) text += line + '\n';
    }
    if (!is_whole) break;
    std::fputs(text.c_str(), stdout);
  }
  if (failure) std::rethrow_exception(failure);
}

/// Not open when no name is given.
std::ifstream open_questions(const std::string& name) {
  std::ifstream file;
  if (name.empty()) return file;
  file.open(name);
  if (file && !std::filesystem::is_directory(name)) return file;
  throw Error({name, "a readable file", file ? "a folder" : "none", "check the path"});
}

void generate(const GenerateArguments& arguments) {
  const char* end_of_part = std::getenv(kPartsVariable);
  const std::optional<Place> place = end_of_part ? place_in_environment() : std::nullopt;
  if (arguments.ranks > 1 && !place) return generate_by_ranks(arguments);
  const LoadedModel model = load_model(arguments.model);
  const Reasoner reasoner(model.bundle, *model.task, arguments.mode);
  std::ifstream file = open_questions(arguments.file);
  std::ios::sync_with_stdio(false);  // standard input gets a buffer, which tells whether more is there
  std::istream& input = arguments.file.empty() ? std::cin : file;
  RunOptions run = arguments.run;
  run.read_steps = arguments.json || model.task->is_open_ended();
  run.count_flops = arguments.json && !model.bundle.accelerator;  // counting would have none recorded
  std::vector<std::string> questions;
  std::size_t part = 0;
  const auto answer = [&] {
    if (place && part++ % static_cast<std::size_t>(place->size) != static_cast<std::size_t>(place->rank)) {
      run.first_question += questions.size();
      return questions.clear();
    }
    const std::vector<Trajectory> trajectories = reasoner.run(questions, arguments.options, run);
    const auto samples = static_cast<std::size_t>(run.samples);
    for (std::size_t first = 0; first < trajectories.size(); first += samples) {
      print(std::span(trajectories).subspan(first, samples), *model.task, arguments.json, ++run.first_question);
    }
    if (place) std::printf("%s\n", end_of_part);
    questions.clear();
  };
  std::size_t number = 0;
  for (std::string line; std::getline(input, line);) {
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
    try {
      questions.push_back(question_of(line, number, model.bundle));
    } catch (const Error&) {
      if (!questions.empty()) answer();  // those before it are none the worse
      throw;
    }
    // Nothing more there yet: whoever types or pipes slowly gets answers at once, files go several batches at a time.
    const bool nothing_waits = input.rdbuf()->in_avail() <= 0;
    if (nothing_waits || static_cast<std::int64_t>(questions.size()) == kBatchesTogether * run.batch) answer();
  }
  if (!questions.empty()) answer();
  if (input.bad()) throw Error({"questions", "lines up to the end", "a read that failed", "those before are answered"});
}

}  // namespace

void add_generate(CLI::App& program) {
  auto arguments = std::make_shared<GenerateArguments>();
  CLI::App* command = program.add_subcommand("generate", "Answer questions, one a line, in their order");
  add_model_options(*command, arguments->model);
  add_device_option(*command, arguments->model);
  command->add_option("--file", arguments->file, "questions, one a line, as text or JSON (default: standard input)");
  command->add_option("--mode", arguments->mode, mode_list())
      ->check(CLI::IsMember(mode_names()))
      ->capture_default_str();
  command
      ->add_option("--ranks", arguments->ranks,
                   "processes on this machine that the questions of --file are dealt out to")
      ->check(CLI::Range(1, 1024));
  command->add_flag("--json", arguments->json, "print steps and cost too, one JSON object a line");
  add_reasoning_options(*command, arguments->options);
  add_abstain_option(*command, arguments->options);
  add_run_options(*command, arguments->run);
  add_samples_option(*command, arguments->run);
  command->footer(
      "Examples:\n"
      "  echo 'Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?' | noema generate\n"
      "  noema generate models/stories --file questions.txt --mode chain --json");
  command->callback([arguments] { generate(*arguments); });
}

}  // namespace noema
