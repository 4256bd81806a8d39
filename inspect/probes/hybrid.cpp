#include "inspect/probes/hybrid.h"

#include <torch/torch.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/error.h"
#include "decoding/doubt.h"
#include "inspect/probes/auroc.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

using Trajectories = std::vector<RecordedTrajectory>;

struct Measure {
  const char* name;
  std::optional<DoubtMeasure> doubt;  ///< nothing: the entropy of the sentence, which must be written for it
};
constexpr double kNever = std::numeric_limits<double>::infinity();
const Measure kMeasures[] = {{"first token", DoubtMeasure::first_token},
                             {"readout", DoubtMeasure::readout},
                             {"stop", DoubtMeasure::stop},
                             {"whole sentence", std::nullopt}};

/// The doubts of each trajectory's steps.
std::vector<std::vector<double>> doubts_of(const Bundle& bundle, const Measure& measure, const Trajectories& all) {
  const torch::InferenceMode inference;
  const auto doubt = measure.doubt ? make_doubt(bundle, *measure.doubt) : nullptr;
  std::vector<std::vector<double>> doubts;
  for (const RecordedTrajectory& recorded : all) {
    std::vector<double>& of_steps = doubts.emplace_back();
    std::vector<torch::Tensor> concepts;
    for (const Step& step : recorded.trajectory.steps) {
      of_steps.push_back(step.entropy);
      concepts.push_back(step.concept_);
    }
    if (!doubt || concepts.empty()) continue;
    const torch::Tensor measured = doubt->of(torch::stack(concepts)).to(torch::kFloat64).contiguous();
    of_steps.assign(measured.data_ptr<double>(), measured.data_ptr<double>() + measured.numel());
  }
  return doubts;
}

/// Of the greatest doubt of each trajectory, wrong answers against right ones.
std::optional<Auroc> tell_wrong(const std::vector<std::vector<double>>& doubts, const Trajectories& all) {
  std::vector<double> wrong, right;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (doubts[i].empty()) continue;
    (all[i].right.value_or(false) ? right : wrong).push_back(*std::max_element(doubts[i].begin(), doubts[i].end()));
  }
  return auroc(wrong, right);
}

/// The doubt that a share of all steps exceeds.
double threshold_for(const std::vector<std::vector<double>>& doubts, double share) {
  std::vector<double> all;
  for (const auto& of_steps : doubts) all.insert(all.end(), of_steps.begin(), of_steps.end());
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
  ReasoningOptions reading = base;
  reading.read_steps = true;
  const Trajectories continuous = (choose ? choose : reason)("continuous", reading);
  if (continuous.empty()) throw Error({"probe hybrid", "at least one question", "none", ""});
  ProbeResult telling;
  telling.probe = "doubt";
  telling.columns = {{"measure"}, {"wrong"}, {"right"}, {"AUROC"}, {"low"}, {"high"}};
  std::pair<double, Measure> best = {-1.0, kMeasures[2]};
  std::vector<std::vector<double>> best_doubts;
  for (const Measure& measure : kMeasures) {
    if (measure.doubt == DoubtMeasure::readout && !bundle.writing().readout()) continue;
    auto doubts = doubts_of(bundle, measure, continuous);
    const auto found = tell_wrong(doubts, continuous);
    if (!found) continue;
    telling.rows.push_back(
        {measure.name, found->positives, found->negatives, found->value, found->interval.low, found->interval.high});
    if (!measure.doubt || found->value <= best.first) continue;
    best = {found->value, measure};
    best_doubts = std::move(doubts);
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
  ReasoningOptions counting = base;
  counting.count_flops = true;
  counting.doubt = *best.second.doubt;
  add_row(curve, "discretized", nullptr, reason("discretized", counting));
  for (const double share : options.shares) {
    counting.doubt_threshold = threshold_for(best_doubts, share);
    if (counting.doubt_threshold == kNever) continue;
    add_row(curve, "hybrid", counting.doubt_threshold, reason("hybrid", counting));
  }
  add_row(curve, "continuous", nullptr, reason("continuous", counting));
  curve.conclusion = std::string("Doubt by \"") + best.second.name + "\"; it and the thresholds were chosen on " +
                     (choose ? "other" : "these") + " questions.";
  return {telling, curve};
}

}  // namespace noema
