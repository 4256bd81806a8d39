#include "inspect/records/evaluation.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace noema {
namespace {

template <typename Value>
double mean(const std::vector<RecordedTrajectory>& trajectories, const Value& value) {
  double sum = 0.0;
  for (const RecordedTrajectory& recorded : trajectories) sum += static_cast<double>(value(recorded.trajectory));
  return sum / static_cast<double>(trajectories.size());
}

template <typename Value>
Quantiles quantiles_of(const std::vector<RecordedTrajectory>& trajectories, const Value& value) {
  std::vector<double> values;
  for (const RecordedTrajectory& recorded : trajectories) values.push_back(value(recorded.trajectory.cost));
  return quantiles(std::move(values));
}

nlohmann::json to_json(const Quantiles& quantiles) {
  return {{"p50", quantiles.p50}, {"p95", quantiles.p95}, {"p99", quantiles.p99}};
}

/// Of the sentences that were decoded and judged by the stop head: is a sentence stopped at if and only if it is one?
std::optional<double> stop_accuracy(const std::vector<RecordedTrajectory>& trajectories, const Task& task,
                                    double threshold) {
  double right = 0.0, judged = 0.0;
  for (const RecordedTrajectory& recorded : trajectories) {
    for (const Step& step : recorded.trajectory.steps) {
      if (!step.stop_probability || !step.is_written) continue;
      judged += 1.0;
      right += (*step.stop_probability > threshold) == task.answer_in(step.text).has_value();
    }
  }
  if (judged == 0.0) return std::nullopt;
  return right / judged;
}

std::optional<double> validity(const std::vector<RecordedTrajectory>& trajectories) {
  double valid = 0.0, checked = 0.0;
  for (const RecordedTrajectory& recorded : trajectories) {
    if (!recorded.valid) continue;
    checked += 1.0;
    valid += *recorded.valid;
  }
  if (checked == 0.0) return std::nullopt;
  return valid / checked;
}

}  // namespace

Interval wilson(double hits, double n) {
  if (n <= 0.0) return {};
  constexpr double z = 1.959963984540054;  // of the normal distribution at 97.5%
  const double share = hits / n;
  const double centre = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
  const double half = z / (1.0 + z * z / n) * std::sqrt(share * (1.0 - share) / n + z * z / (4.0 * n * n));
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Quantiles quantiles(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    const double place = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
  };
  return {at(0.5), at(0.95), at(0.99)};
}

RecordedTrajectory judge(std::size_t id, Trajectory trajectory, const Example& example, const Task& task) {
  RecordedTrajectory recorded{id, std::move(trajectory), std::nullopt, std::nullopt, std::nullopt};
  if (!example.answer.empty()) recorded.true_answer = example.answer;
  const Trajectory& judged = recorded.trajectory;
  recorded.right = judged.answer && task.is_right(example, *judged.answer);
  std::vector<std::string> texts;
  for (const Step& step : judged.steps) texts.push_back(step.text);
  const bool all_read =
      std::all_of(judged.steps.begin(), judged.steps.end(), [](const Step& s) { return s.is_written; });
  if (all_read && judged.mode != "direct") recorded.valid = task.is_valid(example, texts);
  return recorded;
}

Evaluation evaluate(const std::string& mode, const std::vector<RecordedTrajectory>& trajectories, const Task& task,
                    double stop_threshold) {
  if (trajectories.empty()) throw Error({"evaluation", "at least one question", "none", "check the data file"});
  Evaluation evaluation;
  evaluation.mode = mode;
  evaluation.n = static_cast<std::int64_t>(trajectories.size());
  double hits = 0.0;
  for (const RecordedTrajectory& recorded : trajectories) hits += recorded.right.value_or(false);
  evaluation.accuracy = hits / static_cast<double>(evaluation.n);
  evaluation.interval = wilson(hits, static_cast<double>(evaluation.n));
  evaluation.validity = validity(trajectories);
  evaluation.stop_accuracy = stop_accuracy(trajectories, task, stop_threshold);
  evaluation.steps = mean(trajectories, [](const Trajectory& t) { return t.steps.size(); });
  evaluation.passes = mean(trajectories, [](const Trajectory& t) { return t.cost.passes; });
  evaluation.tokens = mean(trajectories, [](const Trajectory& t) { return t.cost.tokens; });
  evaluation.gflops = mean(trajectories, [](const Trajectory& t) { return t.cost.flops / 1e9; });
  evaluation.prefill_gflops = mean(trajectories, [](const Trajectory& t) { return t.cost.prefill_flops / 1e9; });
  evaluation.total_ms = quantiles_of(trajectories, [](const Cost& cost) { return cost.total_ms(); });
  evaluation.prefill_ms = quantiles_of(trajectories, [](const Cost& cost) { return cost.prefill_ms; });
  evaluation.reasoning_ms = quantiles_of(trajectories, [](const Cost& cost) { return cost.reasoning_ms; });
  evaluation.decoding_ms = quantiles_of(trajectories, [](const Cost& cost) { return cost.decoding_ms; });
  return evaluation;
}

nlohmann::json to_json(const Evaluation& evaluation) {
  nlohmann::json latency = to_json(evaluation.total_ms);
  latency["prefill"] = to_json(evaluation.prefill_ms);
  latency["reasoning"] = to_json(evaluation.reasoning_ms);
  latency["decoding"] = to_json(evaluation.decoding_ms);
  nlohmann::json json = {{"mode", evaluation.mode},
                         {"n", evaluation.n},
                         {"accuracy", evaluation.accuracy},
                         {"ci95", {evaluation.interval.low, evaluation.interval.high}},
                         {"validity", nullptr},
                         {"stop_accuracy", nullptr},
                         {"steps", evaluation.steps},
                         {"passes", evaluation.passes},
                         {"tokens", evaluation.tokens},
                         {"latency_ms", latency},
                         {"gflops", evaluation.gflops},
                         {"gflops_without_prefill", evaluation.gflops - evaluation.prefill_gflops}};
  if (evaluation.validity) json["validity"] = *evaluation.validity;
  if (evaluation.stop_accuracy) json["stop_accuracy"] = *evaluation.stop_accuracy;
  return json;
}

}  // namespace noema
