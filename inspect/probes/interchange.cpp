#include "inspect/probes/interchange.h"

#include <torch/torch.h>

#include "base/error.h"
#include "base/random.h"
#include "inspect/interventions/interventions.h"
#include "inspect/probes/shares.h"
#include "tasks/examples.h"

namespace noema {
namespace {

using Trajectories = std::vector<RecordedTrajectory>;
using ByQuestion = std::vector<std::optional<PlacedConcept>>;

/// Questions, their twins, and the step at which each two are joined.
struct Pairs {
  std::vector<Example> questions, twins;
  std::vector<std::size_t> steps;
};

Pairs pairs_of(const Task& task, const std::vector<Example>& examples, std::uint64_t seed) {
  Pairs pairs;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    const std::optional<Twin> twin = kept_twin(examples[i]);
    const std::size_t sentences = task.reasoning(examples[i]).size();
    if (!twin || twin->from + 1 >= sentences) continue;
    pairs.questions.push_back(examples[i]);
    pairs.twins.push_back(twin->example);
    pairs.steps.push_back(twin->from + Random::of(seed, i).below(sentences - 1 - twin->from));
  }
  if (pairs.questions.empty()) {
    throw Error({"probe interchange", "questions with twins", "none",
                 "make them with `noema data stories --count 200 --twins --out twins.json`"});
  }
  return pairs;
}

/// The concept of step `step` of a trajectory; nothing when it is not that long.
std::optional<torch::Tensor> concept_at(const RecordedTrajectory& recorded, std::size_t step) {
  const auto& steps = recorded.trajectory.steps;
  if (step >= steps.size() || !steps[step].concept_.defined()) return std::nullopt;
  return steps[step].concept_;
}

/// What the model itself thought of the twins.
ByQuestion own_concepts(const Bundle& bundle, const Pairs& pairs, const Trajectories& of_twins) {
  const torch::InferenceMode inference;
  ByQuestion all;
  for (std::size_t i = 0; i < of_twins.size(); ++i) {
    const auto z = concept_at(of_twins[i], pairs.steps[i]);
    all.emplace_back();
    if (!z) continue;
    all.back() = {pairs.steps[i], {*z, bundle.need_concepts().inputs(z->unsqueeze(0))[0]}};
  }
  return all;
}

/// What stands for the twins' sentences, found near the concepts of the questions' own reasoning.
ByQuestion steered_concepts(const Bundle& bundle, const Task& task, const Pairs& pairs, const Trajectories& plain,
                            const SteeringOptions& options) {
  ByQuestion all;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto z = concept_at(plain[i], pairs.steps[i]);
    all.emplace_back();
    if (!z) continue;
    const std::string sentence = task.reasoning(pairs.twins[i])[pairs.steps[i]];
    all.back() = {pairs.steps[i], concept_of(bundle, sentence, *z, options).replacement};
  }
  return all;
}

void add_row(ProbeResult& result, const std::string& name, const Task& task, const Pairs& pairs,
             const Trajectories& trajectories) {
  double follow = 0.0, stay = 0.0;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    const std::string answer = trajectories[i].trajectory.answer.value_or("");
    follow += task.is_right(pairs.twins[i], answer);
    stay += task.is_right(pairs.questions[i], answer);
  }
  const double n = static_cast<double>(trajectories.size());
  std::vector<nlohmann::json> row = {name, trajectories.size()};
  add_share(row, follow, n);
  row.insert(row.end(), {stay / n, 1.0 - (follow + stay) / n});
  result.rows.push_back(std::move(row));
  if (!result.conclusion.empty()) result.conclusion += "; ";
  result.conclusion += name + ": " + share_text(follow, n) + " of the answers follow";
}

}  // namespace

ProbeResult interchange(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                        const ReasonAboutExamples& reason, const ReasoningOptions& base,
                        const InterchangeOptions& options) {
  const Pairs pairs = pairs_of(task, examples, options.seed);
  ProbeResult result;
  result.probe = "interchange";
  result.columns = {
      {"replacement"},   {"n"}, {"follow", "share"}, {"low", "share"}, {"high", "share"}, {"stay", "share"},
      {"other", "share"}};
  result.charts = {{"replacement", "follow", "low", "high", {}}};
  const Trajectories plain = reason(options.mode, pairs.questions, base);
  add_row(result, "none", task, pairs, plain);
  const auto try_with = [&](const std::string& name, ByQuestion replacements) {
    const auto intervention = make_replacements(std::move(replacements));
    ReasoningOptions changed = base;
    changed.intervention = intervention.get();
    add_row(result, name, task, pairs, reason(options.mode, pairs.questions, changed));
  };
  try_with("twin's concept", own_concepts(bundle, pairs, reason(options.mode, pairs.twins, base)));
  if (options.by_sentence) {
    try_with("twin's sentence", steered_concepts(bundle, task, pairs, plain, options.steering));
  }
  return result;
}

}  // namespace noema
