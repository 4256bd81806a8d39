#include "inspect/probes/samples.h"

#include <algorithm>

#include "base/error.h"
#include "decoding/vote.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

using Samples = std::span<const RecordedTrajectory>;

bool is_vote_right(Samples samples) {
  std::vector<std::optional<std::string>> answers;
  for (const RecordedTrajectory& sample : samples) answers.push_back(sample.trajectory.answer);
  const Vote elected = vote(answers);
  return elected.sample && samples[*elected.sample].right.value_or(false);
}

/// 1 - C(n - c, k) / C(n, k) of n samples, c of them right.
double pass_at(std::int64_t k, Samples samples) {
  const auto n = std::ssize(samples);
  const auto wrong =
      std::count_if(samples.begin(), samples.end(), [](const auto& one) { return !one.right.value_or(false); });
  double none_right = 1.0;
  for (std::int64_t i = 0; i < k; ++i) {
    none_right *= std::max(0.0, static_cast<double>(wrong - i)) / static_cast<double>(n - i);
  }
  return 1.0 - none_right;
}

double gflops(Samples samples) {
  double sum = 0.0;
  for (const RecordedTrajectory& sample : samples) sum += sample.trajectory.cost.flops / 1e9;
  return sum;
}

void add_rows(ProbeResult& result, const std::string& mode, const std::vector<RecordedTrajectory>& all,
              const SamplesOptions& options, std::int64_t most) {
  const auto questions = static_cast<std::int64_t>(all.size()) / most;
  for (const std::int64_t count : options.counts) {
    double right = 0.0, pass = 0.0, cost = 0.0;
    for (std::int64_t question = 0; question < questions; ++question) {
      const Samples samples =
          Samples(all).subspan(static_cast<std::size_t>(question * most), static_cast<std::size_t>(most));
      const Samples first = samples.first(static_cast<std::size_t>(count));
      right += is_vote_right(first);
      pass += pass_at(count, samples);
      cost += gflops(first);
    }
    const auto n = static_cast<double>(questions);
    std::vector<nlohmann::json> row = {mode, count, questions};
    add_share(row, right, n);
    row.push_back(pass / n);
    row.push_back(cost / n);
    result.rows.push_back(std::move(row));
    if (!result.conclusion.empty()) result.conclusion += "; ";
    result.conclusion += mode + ", " + std::to_string(count) + ": " + share_text(right, n);
  }
}

}  // namespace

ProbeResult sample_votes(const DrawSamples& draw, const SamplesOptions& options) {
  const auto [least, most] = std::minmax_element(options.counts.begin(), options.counts.end());
  if (options.counts.empty() || *least < 1) {
    throw Error({"probe samples", "counts of 1 or more", options.counts.empty() ? "none" : std::to_string(*least), ""});
  }
  ProbeResult result;
  result.probe = "samples";
  result.columns = {{"mode"},          {"samples"},       {"n"},     {"accuracy", "share"}, {"low", "share"},
                    {"high", "share"}, {"pass", "share"}, {"GFLOPs"}};
  result.charts = {{"samples", "accuracy", "low", "high", {"mode"}}, {"GFLOPs", "accuracy", "low", "high", {"mode"}}};
  for (const std::string& mode : options.modes) add_rows(result, mode, draw(mode, *most), options, *most);
  return result;
}

}  // namespace noema
