#include "tasks/exclusion.h"

#include "base/error.h"
#include "base/random.h"

namespace noema {
namespace {

class ExcludingTask final : public Task {
 public:
  ExcludingTask(std::unique_ptr<Task> task, Identities excluded)
      : task_(std::move(task)), excluded_(std::move(excluded)) {}

  std::string name() const override { return task_->name(); }
  bool can_generate() const override { return task_->can_generate(); }

  Example generate(std::uint64_t seed, std::uint64_t index) const override {
    constexpr std::uint64_t kAttempts = 1000;
    Example example = task_->generate(seed, index);
    for (std::uint64_t attempt = 1; excluded_.contains(task_->identity(example)); ++attempt) {
      if (attempt == kAttempts) {
        throw Error({"task " + name(), "examples that are not excluded",
                     "none in " + std::to_string(kAttempts) + " draws",
                     "exclude fewer examples or choose a task with more"});
      }
      // A stream of its own for each attempt, far from the streams of neighbouring seeds.
      example = task_->generate(Random::of(seed, attempt).next(), index);
    }
    return example;
  }

  /// Nothing for an example that stands in for an excluded one.
  std::optional<Twin> twin(std::uint64_t seed, std::uint64_t index) const override {
    if (excluded_.contains(task_->identity(task_->generate(seed, index)))) return std::nullopt;
    std::optional<Twin> twin = task_->twin(seed, index);
    if (twin && excluded_.contains(task_->identity(twin->example))) return std::nullopt;
    return twin;
  }

  /// None for an example that stands in for an excluded one.
  std::vector<Example> siblings(std::uint64_t seed, std::uint64_t index, std::size_t count) const override {
    if (excluded_.contains(task_->identity(task_->generate(seed, index)))) return {};
    return without(task_->siblings(seed, index, count), *task_, excluded_);
  }

  std::vector<std::string> phrases() const override { return task_->phrases(); }
  std::vector<Hint> hints(const Example& example) const override { return task_->hints(example); }
  std::string identity(const Example& example) const override { return task_->identity(example); }
  std::vector<std::string> reasoning(const Example& example) const override { return task_->reasoning(example); }
  std::optional<std::string> answer_in(std::string_view sentence) const override { return task_->answer_in(sentence); }
  std::string answer_mark() const override { return task_->answer_mark(); }
  bool is_right(const Example& example, std::string_view answer) const override {
    return task_->is_right(example, answer);
  }
  std::optional<bool> is_valid(const Example& example, const std::vector<std::string>& steps) const override {
    return task_->is_valid(example, steps);
  }

 private:
  std::unique_ptr<Task> task_;
  Identities excluded_;
};

}  // namespace

Identities read_identities(const Task& task, std::span<const std::filesystem::path> files) {
  Identities identities;
  for (const std::filesystem::path& file : files) {
    for (const Example& example : read_examples(file)) identities.insert(task.identity(example));
  }
  return identities;
}

std::vector<Example> without(std::vector<Example> examples, const Task& task, const Identities& excluded) {
  std::erase_if(examples, [&](const Example& example) { return excluded.contains(task.identity(example)); });
  return examples;
}

std::unique_ptr<Task> make_excluding(std::unique_ptr<Task> task, const std::vector<std::filesystem::path>& files) {
  Identities excluded = read_identities(*task, files);
  return std::make_unique<ExcludingTask>(std::move(task), std::move(excluded));
}

}  // namespace noema
