#include "inspect/probes/noise.h"

#include <map>

#include "inspect/interventions/interventions.h"
#include "inspect/probes/shares.h"

namespace noema {
namespace {

struct Place {
  const char* mode;
  const char* name;
  NoisePlace place;
};
constexpr Place kPlaces[] = {{"continuous", "latent fed back", NoisePlace::fed_back},
                             {"discretized", "text in", NoisePlace::fed_back},
                             {"discretized", "text out", NoisePlace::written}};

double count_right(const std::vector<RecordedTrajectory>& trajectories) {
  double right = 0.0;
  for (const RecordedTrajectory& recorded : trajectories) right += recorded.right.value_or(false);
  return right;
}

/// How far each place has fallen at the largest σ, in one sentence.
std::string conclusion(const std::map<std::string, std::pair<double, double>>& from_to, double first_sigma,
                       double sigma) {
  std::string text = "From sigma " + nlohmann::json(first_sigma).dump() + " to " + nlohmann::json(sigma).dump() + ": ";
  bool first = true;
  for (const auto& [place, shares] : from_to) {
    char change[96];
    std::snprintf(change, sizeof change, "%s%s %.1f%% to %.1f%%", first ? "" : ", ", place.c_str(),
                  100.0 * shares.first, 100.0 * shares.second);
    text += change;
    first = false;
  }
  return text + ".";
}

}  // namespace

ProbeResult noise(const ReasonAbout& reason, const ReasoningOptions& base, const NoiseOptions& options) {
  ProbeResult result;
  result.probe = "noise";
  result.columns = {{"mode"}, {"place"}, {"sigma"}, {"n"}, {"accuracy", "share"}, {"low", "share"}, {"high", "share"}};
  result.charts = {{"sigma", "accuracy", "low", "high", {"mode", "place"}}};
  std::map<std::string, std::pair<double, double>> from_to;
  for (const Place& place : kPlaces) {
    for (const double sigma : options.sigmas) {
      const auto intervention = make_noise(place.place, sigma, options.probability);
      ReasoningOptions noisy = base;
      noisy.intervention = intervention.get();
      const auto trajectories = reason(place.mode, noisy);
      const double n = static_cast<double>(trajectories.size()), right = count_right(trajectories);
      std::vector<nlohmann::json> row = {place.mode, place.name, sigma, trajectories.size()};
      add_share(row, right, n);
      result.rows.push_back(std::move(row));
      auto& [from, to] = from_to[std::string(place.mode) + " (" + place.name + ")"];
      if (sigma == options.sigmas.front()) from = right / n;
      to = right / n;
    }
  }
  result.conclusion = conclusion(from_to, options.sigmas.front(), options.sigmas.back());
  return result;
}

}  // namespace noema
