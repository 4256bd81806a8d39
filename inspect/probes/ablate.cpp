#include "inspect/probes/ablate.h"

#include <functional>

#include "inspect/interventions/interventions.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

struct Ablation {
  std::string name;
  std::unique_ptr<Intervention> intervention;
};

std::vector<Ablation> ablations(const torch::Tensor& mean, std::size_t freezes) {
  std::vector<Ablation> all;
  all.push_back({"zero", make_zero()});
  all.push_back({"mean", make_constant(mean)});
  all.push_back({"shuffle", make_shuffle()});
  all.push_back({"random", make_random_direction()});
  for (std::size_t step = 0; step < freezes; ++step) {
    all.push_back({"freeze after step " + std::to_string(step + 1), make_freeze(step)});
  }
  return all;
}

void add_row(ProbeResult& result, const std::string& mode, const std::string& name,
             const std::vector<RecordedTrajectory>& trajectories, const std::vector<RecordedTrajectory>& plain) {
  double right = 0.0, changed = 0.0;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    right += trajectories[i].right.value_or(false);
    changed += trajectories[i].trajectory.answer != plain[i].trajectory.answer;
  }
  const double n = static_cast<double>(trajectories.size());
  std::vector<nlohmann::json> row = {mode, name, trajectories.size()};
  add_share(row, right, n);
  row.push_back(n > 0.0 ? nlohmann::json(changed / n) : nullptr);
  result.rows.push_back(std::move(row));
  if (!result.conclusion.empty()) result.conclusion += "; ";
  result.conclusion += mode + ", " + name + ": " + share_text(right, n);
}

}  // namespace

ProbeResult ablate(const ReasonAbout& reason, const ReasoningOptions& base, const AblateOptions& options) {
  ProbeResult result;
  result.probe = "ablate";
  result.columns = {{"mode"},          {"ablation"},        {"n"}, {"accuracy", "share"}, {"low", "share"},
                    {"high", "share"}, {"changed", "share"}};
  result.charts = {{"ablation", "accuracy", "low", "high", {"mode"}}};
  for (const std::string& mode : options.modes) {
    FeedbackMean mean;
    ReasoningOptions changed = base;
    changed.intervention = &mean;
    const auto plain = reason(mode, changed);
    add_row(result, mode, "none", plain, plain);
    for (const Ablation& ablation : ablations(mean.mean(), options.freezes)) {
      changed.intervention = ablation.intervention.get();
      add_row(result, mode, ablation.name, reason(mode, changed), plain);
    }
  }
  return result;
}

}  // namespace noema
