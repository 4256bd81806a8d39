#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "inspect/report/run.h"

namespace noema {

/// Where trajectories run in a plane: the two principal components of their latents. Made by whoever can read latents,
/// since the report knows no tensors.
struct TrajectoryMap {
  std::vector<double> explained;  ///< share of the variance along each axis; empty when unknown
  /// By the position of the run among the arguments, and the id of the question in it: one point a step.
  std::map<std::pair<std::size_t, std::int64_t>, std::vector<std::array<double, 2>>> paths;
};

struct ReportOptions {
  std::string title = "noema report";
  std::size_t max_questions = 1000;  ///< the page shows so many, and says how many more there were
};

/// Joins runs into one page of HTML that needs nothing beside it: dumps and lenses by the text of their questions,
/// evaluations and probes as tables and charts. Each run is a dump's folder (trajectories.jsonl, dump.json) or the JSON
/// file of an evaluation, a lens or a probe. `map`, if any, is drawn too. Every text is shown as text, whatever it
/// holds. Throws Error when there are no runs, or one is missing, empty, malformed, of another schema or foreign.
std::string make_report(const std::vector<std::filesystem::path>& paths, const TrajectoryMap* map = nullptr,
                        const ReportOptions& options = {});

/// The same of runs that were read before.
std::string make_report(const std::vector<ReportRun>& runs, const TrajectoryMap* map = nullptr,
                        const ReportOptions& options = {});

}  // namespace noema
