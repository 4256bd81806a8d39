#include "tasks/exclusion.h"

#include "base/error.h"
#include "base/random.h"
#include "tasks/examples.h"

namespace noema {
namespace {

class ExcludingGenerator final : public Generator {
 public:
  ExcludingGenerator(std::shared_ptr<const Generator> generator, Exclusion excluded)
      : generator_(std::move(generator)), excluded_(std::move(excluded)) {}

  ExampleGroup group(std::uint64_t seed, std::uint64_t index, const Companions& wanted) const override {
    ExampleGroup group = generator_->group(seed, index, wanted);
    if (excluded_.contains(group.example)) return {draw_another(seed, index)};
    if (group.twin && excluded_.contains(group.twin->example)) group.twin.reset();
    std::erase_if(group.siblings, [&](const Example& sibling) { return excluded_.contains(sibling); });
    return group;
  }

  bool has_twins() const override { return generator_->has_twins(); }
  bool has_siblings() const override { return generator_->has_siblings(); }

 private:
  Example draw_another(std::uint64_t seed, std::uint64_t index) const {
    constexpr std::uint64_t kAttempts = 1000;
    for (std::uint64_t attempt = 1; attempt < kAttempts; ++attempt) {
      // A stream of its own for each attempt, far from the streams of neighbouring seeds.
      Example example = generator_->generate(Random::of(seed, attempt).next(), index);
      if (!excluded_.contains(example)) return example;
    }
    throw Error({"generated data", "examples that are not excluded", "none in " + std::to_string(kAttempts) + " draws",
                 "exclude fewer examples or choose a task with more"});
  }

  std::shared_ptr<const Generator> generator_;
  Exclusion excluded_;
};

}  // namespace

Exclusion::Exclusion(std::shared_ptr<const Task> task, const std::vector<std::filesystem::path>& files)
    : task_(std::move(task)) {
  for (const std::filesystem::path& file : files) {
    for (const Example& example : read_examples(file)) identities_.insert(task_->identity(example));
  }
}

std::shared_ptr<const List<ExampleGroup>> without(std::shared_ptr<const List<ExampleGroup>> examples,
                                                  const Exclusion& excluded) {
  const auto is_left = [&](const ExampleGroup& group) { return !excluded.contains(group.example); };
  return std::make_shared<Subset<ExampleGroup>>(std::move(examples), is_left);
}

std::shared_ptr<const Generator> make_excluding(std::shared_ptr<const Generator> generator, Exclusion excluded) {
  return std::make_shared<ExcludingGenerator>(std::move(generator), std::move(excluded));
}

}  // namespace noema
