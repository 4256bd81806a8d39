#include "apps/evaluation_run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/error.h"
#include "base/file.h"
#include "base/utf8.h"
#include "decoding/reasoner.h"
#include "tasks/examples.h"

namespace noema {
namespace {

/// Counts finished questions on a terminal.
class ProgressBar final : public Observer {
 public:
  ProgressBar(std::string title, std::size_t count)
      : title_(std::move(title)), count_(count), shown_(isatty(STDERR_FILENO) != 0) {}
  ~ProgressBar() override {
    if (shown_) std::fprintf(stderr, "\r\x1b[K");
  }

  bool wants_operations() const override { return false; }

  void on_finished(std::size_t, const Trajectory&) override {
    ++done_;
    if (!shown_) return;
    constexpr std::size_t kWidth = 30;
    const std::size_t full = count_ > 0 ? kWidth * done_ / count_ : kWidth;
    std::fprintf(stderr, "\r\x1b[K%s [%s%s] %zu/%zu", title_.c_str(), std::string(full, '#').c_str(),
                 std::string(kWidth - full, '.').c_str(), done_, count_);
    std::fflush(stderr);
  }

 private:
  std::string title_;
  std::size_t count_;
  std::size_t done_ = 0;
  bool shown_;
};

/// As it was typed, but for quotes, without the folder of the program.
std::string command_line() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  std::string text, argument;
  for (bool first = true; std::getline(file, argument, '\0'); first = false) {
    if (first) argument = "noema";
    const bool is_plain = argument.find_first_of(" \t\n'\"$") == std::string::npos && !argument.empty();
    text += (text.empty() ? "" : " ") + (is_plain ? argument : "'" + argument + "'");
  }
  return utf8_repaired(text);
}

}  // namespace

std::vector<Example> load_examples(const std::string& file, std::int64_t limit) {
  std::vector<Example> examples = read_examples(file);
  if (limit > 0 && static_cast<std::int64_t>(examples.size()) > limit) {
    examples.resize(static_cast<std::size_t>(limit));
  }
  if (examples.empty()) throw Error({file, "at least one question", "none", "choose another file"});
  return examples;
}

std::vector<RecordedTrajectory> reason_about(const LoadedModel& model, const Task& task, const std::string& mode,
                                             const std::vector<Example>& examples, const ReasoningOptions& options,
                                             const RunOptions& run, Observer* observer) {
  const Reasoner reasoner(model.bundle, task, mode);
  std::vector<std::string> questions;
  for (const Example& example : examples) questions.push_back(example.question);
  ProgressBar bar(mode, questions.size() * static_cast<std::size_t>(run.samples));
  std::vector<Observer*> watching = {&bar};
  if (observer) watching.push_back(observer);
  ObserverGroup group(watching);
  std::vector<Trajectory> trajectories = reasoner.run(questions, options, run, &group);
  std::vector<RecordedTrajectory> recorded;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const std::size_t question = i / static_cast<std::size_t>(run.samples);
    recorded.push_back(judge(run.first_question + question, std::move(trajectories[i]), examples[question], task));
  }
  return recorded;
}

nlohmann::json origin_of(const LoadedModel& model, const std::string& data, std::uint64_t seed) {
  const nlohmann::json trained = model.bundle.manifest.value("provenance", nlohmann::json::object());
  nlohmann::json origin = {{"command", command_line()},
                           {"model", std::filesystem::path(model.bundle.where).filename().string()},
                           {"model_sha256", sha256_file(std::filesystem::path(model.bundle.where) / "noema.json")},
                           {"recipe", trained.value("name", "")},
                           {"commit", trained.value("commit", "")},
                           {"seed", seed}};
  if (data.empty()) return origin;
  origin["data"] = utf8_repaired(std::filesystem::path(data).filename().string());
  origin["data_sha256"] = sha256_file(data);
  return origin;
}

}  // namespace noema
