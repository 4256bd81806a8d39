#include "apps/evaluation_run.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/error.h"
#include "decoding/reasoner.h"

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
                                             const std::vector<Example>& examples, const ReasoningOptions& options) {
  const Reasoner reasoner(model.bundle, task, mode);
  std::vector<std::string> questions;
  for (const Example& example : examples) questions.push_back(example.question);
  ProgressBar bar(mode, questions.size());
  std::vector<Trajectory> trajectories = reasoner.run(questions, options, &bar);
  std::vector<RecordedTrajectory> recorded;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    recorded.push_back(judge(i, std::move(trajectories[i]), examples[i], task));
  }
  return recorded;
}

}  // namespace noema
