#include "inspect/probes/necessity.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "inspect/interventions/interventions.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

using Trajectories = std::vector<RecordedTrajectory>;

/// What was counted of one step and one change.
struct Weight {
  double n = 0.0, changed = 0.0, lost = 0.0;
};

Weight weigh(const Trajectories& plain, const Trajectories& altered, std::size_t step) {
  Weight weight;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (plain[i].trajectory.steps.size() < step + 2) continue;  // nothing comes after the step
    weight.n += 1.0;
    weight.changed += plain[i].trajectory.answer != altered[i].trajectory.answer;
    weight.lost += plain[i].right.value_or(false) && !altered[i].right.value_or(false);
  }
  return weight;
}

}  // namespace

ProbeResult necessity(const ReasonAbout& reason, const ReasoningOptions& base, const NecessityOptions& options) {
  using Make = std::unique_ptr<Intervention> (*)();
  const std::pair<const char*, Make> changes[] = {
      {"removed", make_zero}, {"another question's", make_shuffle}, {"random", make_random_direction}};
  ProbeResult result;
  result.probe = "necessity";
  result.columns = {{"step"},
                    {"change"},
                    {"n"},
                    {"answers changed", "share"},
                    {"low", "share"},
                    {"high", "share"},
                    {"right to wrong", "share"}};
  result.charts = {{"step", "answers changed", "low", "high", {"change"}}};
  const Trajectories plain = reason(options.mode, base);
  double heaviest = -1.0;
  const auto has_step = [&](std::size_t step) {
    return std::any_of(plain.begin(), plain.end(),
                       [&](const RecordedTrajectory& one) { return one.trajectory.steps.size() >= step + 2; });
  };
  for (std::size_t step = 0; step < options.max_steps && has_step(step); ++step) {
    for (const auto& [name, make] : changes) {
      const auto intervention = make_only_at(step, make());
      ReasoningOptions altered = base;
      altered.intervention = intervention.get();
      const Weight weight = weigh(plain, reason(options.mode, altered), step);
      if (weight.n == 0.0) continue;
      std::vector<nlohmann::json> row = {step + 1, name, static_cast<std::int64_t>(weight.n)};
      add_share(row, weight.changed, weight.n);
      row.push_back(weight.lost / weight.n);
      result.rows.push_back(std::move(row));
      if (weight.changed / weight.n <= heaviest) continue;
      heaviest = weight.changed / weight.n;
      result.conclusion = "Answers hang most on step " + std::to_string(step + 1) + " (" + name +
                          "): " + share_text(weight.changed, weight.n) + " of them change.";
    }
  }
  if (result.rows.empty()) result.conclusion = "No question has a step with another after it.";
  return result;
}

}  // namespace noema
