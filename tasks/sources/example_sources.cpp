#include "tasks/sources/example_sources.h"

#include <set>
#include <vector>

#include "base/nearest.h"

namespace noema {
namespace {

class GeneratedSource final : public ExampleSource {
 public:
  GeneratedSource(std::shared_ptr<const Generator> generator, std::uint64_t seed)
      : generator_(std::move(generator)), seed_(seed) {}
  ExampleGroup get(std::uint64_t index, const Companions& wanted) const override {
    return generator_->group(seed_, index, wanted);
  }

 private:
  std::shared_ptr<const Generator> generator_;
  std::uint64_t seed_;
};

class FamilySource final : public ExampleSource {
 public:
  FamilySource(ExampleSourcePtr source, std::string family) : source_(std::move(source)), family_(std::move(family)) {}
  ExampleGroup get(std::uint64_t index, const Companions& wanted) const override {
    ExampleGroup group = source_->get(index, wanted);
    group.example.extra["family"] = family_;
    return group;
  }

 private:
  ExampleSourcePtr source_;
  std::string family_;
};

/// Takes the first of each example's own stretch of candidates that a coin of its family's weight accepts.
class WeightedSource final : public ExampleSource {
 public:
  WeightedSource(ExampleSourcePtr source, std::map<std::string, double> weights, std::uint64_t seed)
      : source_(std::move(source)), weights_(std::move(weights)), seed_(seed) {
    std::set<std::string> families;
    for (std::uint64_t i = 0; i < 1000; ++i) families.insert(family_of(i));
    for (const auto& [family, weight] : weights_) {
      greatest_ = std::max(greatest_, weight);
      if (families.contains(family)) continue;
      const std::vector<std::string> known(families.begin(), families.end());
      const auto meant = nearest(family, known);
      throw Error({"[data] family_weights", "families of the task", printable(family),
                   meant ? "did you mean \"" + *meant + "\"?" : "remove it"});
    }
  }

  ExampleGroup get(std::uint64_t index, const Companions& wanted) const override {
    return source_->get(place(index), wanted);
  }

 private:
  static constexpr std::uint64_t kCandidates = 256;

  std::string family_of(std::uint64_t candidate) const {
    return source_->get(candidate).example.extra.value("family", std::string());
  }

  std::uint64_t place(std::uint64_t index) const {
    std::uint64_t candidate = index * kCandidates;
    for (std::uint64_t i = 1; i < kCandidates; ++i, ++candidate) {
      const auto found = weights_.find(family_of(candidate));
      const double weight = found == weights_.end() ? 1.0 : found->second;
      if (Random::of(seed_, candidate).chance(weight / greatest_)) break;
    }
    return candidate;
  }

  ExampleSourcePtr source_;
  std::map<std::string, double> weights_;
  std::uint64_t seed_;
  double greatest_ = 1.0;
};

class AnswersSource final : public ExampleSource {
 public:
  AnswersSource(ExampleSourcePtr source, std::shared_ptr<const Task> task)
      : source_(std::move(source)), task_(std::move(task)) {}

  ExampleGroup get(std::uint64_t index, const Companions& wanted) const override {
    ExampleGroup group = source_->get(index, {.siblings = wanted.siblings});
    leave_answer(group.example);
    for (Example& sibling : group.siblings) leave_answer(sibling);
    return group;
  }

 private:
  void leave_answer(Example& example) const {
    std::vector<std::string> reasoning = task_->reasoning(example);
    if (!reasoning.empty()) example.steps = {std::move(reasoning.back())};
  }

  ExampleSourcePtr source_;
  std::shared_ptr<const Task> task_;
};

}  // namespace

ExampleSourcePtr make_generated_source(std::shared_ptr<const Generator> generator, std::uint64_t seed) {
  return std::make_shared<GeneratedSource>(std::move(generator), seed);
}

ExampleSourcePtr make_family_source(ExampleSourcePtr source, std::string family) {
  return std::make_shared<FamilySource>(std::move(source), std::move(family));
}

ExampleSourcePtr make_weighted_source(ExampleSourcePtr source, std::map<std::string, double> weights,
                                      std::uint64_t seed) {
  return std::make_shared<WeightedSource>(std::move(source), std::move(weights), seed);
}

ExampleSourcePtr make_answers_source(ExampleSourcePtr source, std::shared_ptr<const Task> task) {
  return std::make_shared<AnswersSource>(std::move(source), std::move(task));
}

}  // namespace noema
