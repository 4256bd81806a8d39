#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inspect/lens/lens.h"
#include "inspect/records/trajectory_line.h"

namespace noema {

/// A run as it is read from disk for a report. All of it comes from outside: what the readers let through has the types
/// and ranges below, and nothing is known about its texts except that they are UTF-8.
struct ReportRun {
  enum class Kind { dump, evaluation, lens, probe };

  Kind kind = Kind::dump;
  std::string name;                          ///< the path as it was given
  nlohmann::json provenance;                 ///< member "run": an object of texts and whole numbers
  std::vector<TrajectoryLine> trajectories;  ///< of a dump
  std::vector<LensView> lens;                ///< of a lens
  nlohmann::json body;                       ///< of an evaluation or a probe: its known members, checked
};

/// Reads a dump's folder, or the JSON file of an evaluation, a lens, a probe, or a list of them; at least one. Throws
/// Error when the path is missing, holds something else, or anything in it has another type or is out of range.
std::vector<ReportRun> read_report_runs(const std::filesystem::path& path);

/// The same from the JSON of an evaluation, a lens or a probe; `name` stands for it in errors and on the page.
ReportRun parse_report_run(const nlohmann::json& json, const std::string& name);

}  // namespace noema
