#include "inspect/probes/hybrid.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "decoding/uncertainty.h"
#include "inspect/probes/auroc.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

using Trajectories = std::vector<RecordedTrajectory>;

struct Measure {
  const char* name;
  std::optional<UncertaintyMeasure>
      uncertainty;  ///< nothing: the entropy of the sentence, which must be written for it
};
constexpr double kNever = std::numeric_limits<double>::infinity();
const Measure kMeasures[] = {{"first token", UncertaintyMeasure::first_token},
                             {"readout", UncertaintyMeasure::readout},
                             {"stop", UncertaintyMeasure::stop},
                             {"whole sentence", std::nullopt}};

/// The uncertainties of each trajectory's steps.
std::vector<std::vector<double>> uncertainties_of(const Bundle& bundle, const Measure& measure,
                                                  const Trajectories& all) {
  const torch::InferenceMode inference;
  const auto uncertainty = measure.uncertainty ? make_uncertainty(bundle, *measure.uncertainty) : nullptr;
  std::vector<std::vector<double>> uncertainties;
  for (const RecordedTrajectory& recorded : all) {
    std::vector<double>& of_steps = uncertainties.emplace_back();
    std::vector<torch::Tensor> concepts;
    for (const Step& step : recorded.trajectory.steps) {
      of_steps.push_back(step.entropy);
      concepts.push_back(step.concept_);
    }
    if (!uncertainty || concepts.empty()) continue;
    const torch::Tensor measured = uncertainty->of(torch::stack(concepts)).to(torch::kFloat64).contiguous();
    of_steps.assign(measured.data_ptr<double>(), measured.data_ptr<double>() + measured.numel());
  }
  return uncertainties;
}

/// Of the greatest uncertainty of each trajectory, wrong answers against right ones.
std::optional<Auroc> tell_wrong(const std::vector<std::vector<double>>& uncertainties, const Trajectories& all) {
  std::vector<double> wrong, right;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (uncertainties[i].empty()) continue;
    (all[i].right.value_or(false) ? right : wrong)
        .push_back(*std::max_element(uncertainties[i].begin(), uncertainties[i].end()));
  }
  return auroc(wrong, right);
}

/// The uncertainty that a share of all steps exceeds.
double threshold_for(const std::vector<std::vector<double>>& uncertainties, double share) {
  std::vector<double> all;
  for (const auto& of_steps : uncertainties) all.insert(all.end(), of_steps.begin(), of_steps.end());
  if (all.empty()) return kNever;
  std::sort(all.begin(), all.end());
  const auto place = static_cast<std::size_t>((1.0 - share) * static_cast<double>(all.size()));
  return all[std::min(place, all.size() - 1)];
}

/// The share of the steps before the answer that was written.
double share_written(const Trajectories& all) {
  double written = 0.0, steps = 0.0;
  for (const RecordedTrajectory& recorded : all) {
    for (std::size_t i = 0; i + 1 < recorded.trajectory.steps.size(); ++i) {
      steps += 1.0;
      written += recorded.trajectory.steps[i].is_written;
    }
  }
  return steps > 0.0 ? written / steps : 0.0;
}

void add_row(ProbeResult& curve, const std::string& mode, const nlohmann::json& threshold, const Trajectories& all) {
  double right = 0.0, flops = 0.0, prefill = 0.0;
  for (const RecordedTrajectory& recorded : all) {
    right += recorded.right.value_or(false);
    flops += recorded.trajectory.cost.flops;
    prefill += recorded.trajectory.cost.prefill_flops;
  }
  const auto n = static_cast<double>(all.size());
  std::vector<nlohmann::json> row = {
      mode, threshold, all.size(), share_written(all), 1e-9 * flops / n, 1e-9 * (flops - prefill) / n};
  add_share(row, right, n);
  curve.rows.push_back(std::move(row));
}

}  // namespace

std::vector<ProbeResult> hybrid(const Bundle& bundle, const ReasonAbout& reason, const ReasonAbout& choose,
                                const ReasoningOptions& base, const HybridOptions& options) {
  const Trajectories continuous = choose("continuous", base);
  if (continuous.empty()) throw Error({"probe hybrid", "at least one question", "none", ""});
  ProbeResult telling;
  telling.probe = "uncertainty";
  telling.columns = {{"measure"}, {"wrong"}, {"right"}, {"AUROC"}, {"low"}, {"high"}};
  std::pair<double, Measure> best = {-1.0, kMeasures[2]};
  std::vector<std::vector<double>> best_uncertainties;
  for (const Measure& measure : kMeasures) {
    if (measure.uncertainty == UncertaintyMeasure::readout && !bundle.writing().readout()) continue;
    auto uncertainties = uncertainties_of(bundle, measure, continuous);
    const auto found = tell_wrong(uncertainties, continuous);
    if (!found) continue;
    telling.rows.push_back(
        {measure.name, found->positives, found->negatives, found->value, found->interval.low, found->interval.high});
    if (!measure.uncertainty || found->value <= best.first) continue;
    best = {found->value, measure};
    best_uncertainties = std::move(uncertainties);
  }
  telling.conclusion = telling.rows.empty() ? "No answer is wrong, or none is right: there is nothing to tell."
                                            : std::string("Of the measures that need no sentence, \"") +
                                                  best.second.name + "\" tells wrong answers best.";

  ProbeResult curve;
  curve.probe = "hybrid";
  curve.columns = {{"mode"},
                   {"threshold", "nats"},
                   {"n"},
                   {"steps written", "share"},
                   {"GFLOPs"},
                   {"beyond the prefill"},
                   {"accuracy", "share"},
                   {"low", "share"},
                   {"high", "share"}};
  curve.charts = {{"GFLOPs", "accuracy", "low", "high", {"mode"}}};
  ReasoningOptions changed = base;
  changed.uncertainty = *best.second.uncertainty;
  add_row(curve, "discretized", nullptr, reason("discretized", changed));
  for (const double share : options.shares) {
    changed.uncertainty_threshold = threshold_for(best_uncertainties, share);
    if (changed.uncertainty_threshold == kNever) continue;
    add_row(curve, "hybrid", changed.uncertainty_threshold, reason("hybrid", changed));
  }
  add_row(curve, "continuous", nullptr, reason("continuous", changed));
  curve.conclusion = std::string("Uncertainty by \"") + best.second.name + "\"; it and the thresholds were chosen on " +
                     (options.chosen_on_others ? "other" : "these") + " questions.";
  return {telling, curve};
}

}  // namespace noema
