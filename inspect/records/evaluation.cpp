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

nlohmann::json or_null(const std::optional<double>& value) { return value ? nlohmann::json(*value) : nullptr; }

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

/// Sets what is known of familiar questions.
void add_coverage(Evaluation& evaluation, const std::vector<RecordedTrajectory>& trajectories) {
  double told = 0.0, familiar = 0.0, right = 0.0;
  for (const RecordedTrajectory& recorded : trajectories) {
    const auto& familiarity = recorded.trajectory.familiarity;
    told += familiarity.has_value();
    if (!familiarity || !familiarity->is_familiar) continue;
    familiar += 1.0;
    right += recorded.right.value_or(false);
  }
  if (told > 0.0) evaluation.coverage = familiar / told;
  if (familiar > 0.0) evaluation.familiar_accuracy = right / familiar;
}

void add_ends(Evaluation& evaluation, const std::vector<RecordedTrajectory>& trajectories) {
  for (const RecordedTrajectory& recorded : trajectories) {
    evaluation.max_steps += recorded.trajectory.stop == StopReason::max_steps;
    evaluation.context_full += recorded.trajectory.stop == StopReason::context_full;
    evaluation.no_answer += !recorded.trajectory.answer.has_value();
  }
}

WhereRuleFails where_fails(const Floor& floor, const std::vector<RecordedTrajectory>& trajectories) {
  if (floor.right.size() != trajectories.size()) {
    throw Error({"floor " + floor.rule, std::to_string(trajectories.size()) + " questions",
                 std::to_string(floor.right.size()), ""});
  }
  WhereRuleFails where{.rule = floor.rule};
  double right = 0.0;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    if (floor.right[i].value_or(true)) continue;
    right += trajectories[i].right.value_or(false);
    ++where.n;
  }
  if (where.n > 0) where.accuracy = right / static_cast<double>(where.n);
  return where;
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
  RecordedTrajectory recorded{id, std::move(trajectory), std::nullopt, std::nullopt, std::nullopt, task.unit(example)};
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
                    double stop_threshold, const std::vector<Floor>& floors) {
  if (trajectories.empty()) throw Error({"evaluation", "at least one question", "none", "check the data file"});
  Evaluation evaluation;
  evaluation.mode = mode;
  evaluation.n = static_cast<std::int64_t>(trajectories.size());
  double hits = 0.0;
  std::vector<Outcome> outcomes;
  for (const RecordedTrajectory& recorded : trajectories) {
    hits += recorded.right.value_or(false);
    outcomes.push_back({recorded.right.value_or(false), recorded.unit});
  }
  evaluation.accuracy = hits / static_cast<double>(evaluation.n);
  evaluation.interval = share_interval(outcomes);
  evaluation.validity = validity(trajectories);
  evaluation.stop_accuracy = stop_accuracy(trajectories, task, stop_threshold);
  add_ends(evaluation, trajectories);
  add_coverage(evaluation, trajectories);
  for (const Floor& floor : floors) {
    if (!floor.right.empty()) evaluation.where_rules_fail.push_back(where_fails(floor, trajectories));
  }
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
                         {"ci95_method", to_string(evaluation.interval.method)},
                         {"units", evaluation.interval.units},
                         {"validity", or_null(evaluation.validity)},
                         {"stop_accuracy", or_null(evaluation.stop_accuracy)},
                         {"max_steps", evaluation.max_steps},
                         {"context_full", evaluation.context_full},
                         {"no_answer", evaluation.no_answer},
                         {"coverage", or_null(evaluation.coverage)},
                         {"familiar_accuracy", or_null(evaluation.familiar_accuracy)},
                         {"steps", evaluation.steps},
                         {"passes", evaluation.passes},
                         {"tokens", evaluation.tokens},
                         {"latency_ms", latency},
                         {"gflops", evaluation.gflops},
                         {"prefill_gflops", evaluation.prefill_gflops},
                         {"gflops_without_prefill", evaluation.gflops - evaluation.prefill_gflops}};
  for (const WhereRuleFails& where : evaluation.where_rules_fail) {
    json["where_rules_fail"].push_back({{"rule", where.rule}, {"n", where.n}, {"accuracy", or_null(where.accuracy)}});
  }
  return json;
}

}  // namespace noema
