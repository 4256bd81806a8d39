#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace noema {

/// A run as it is read from disk for a report. All of it comes from outside: what the readers let through has the types
/// and ranges below, and nothing is known about its texts except that they are UTF-8.
struct ReportRun {
  enum class Kind { dump, evaluation, lens, probe };

  struct Step {
    std::string text;  ///< empty when nobody read the step
    bool is_view = false;
    double token_probability = 0.0, entropy = 0.0;
    std::optional<double> stop_probability, cosine_to_last, norm;
  };

  struct Trajectory {
    std::int64_t id = 0;
    std::string question, mode, stop;
    std::optional<std::string> answer, true_answer;
    std::optional<bool> right, valid;
    std::vector<Step> steps;
    std::array<double, 7> cost = {};  ///< passes, tokens, gflops, prefill_gflops, prefill_ms, reasoning_ms, decoding_ms
  };

  struct LensCell {
    std::string text;
    double probability = 0.0, entropy = 0.0, cosine = 0.0;
    bool agrees = false;
  };

  struct LensStep {
    std::string text;
    std::int64_t settled = 0;  ///< first layer from which on all layers agree, counted from 0
    std::vector<LensCell> layers;
  };

  struct LensQuestion {
    std::int64_t id = 0;
    std::string question;
    std::optional<std::string> answer, true_answer;
    std::vector<LensStep> steps;
  };

  Kind kind = Kind::dump;
  std::string name;                      ///< the path as it was given
  nlohmann::json provenance;             ///< member "run": an object of texts and whole numbers
  std::vector<Trajectory> trajectories;  ///< of a dump
  std::vector<LensQuestion> lens;        ///< of a lens
  nlohmann::json body;                   ///< of an evaluation or a probe: its known members, checked
};

/// Reads a dump's folder, or the JSON file of an evaluation, a lens, a probe, or a list of them; at least one. Throws
/// Error when the path is missing, holds something else, or anything in it has another type or is out of range.
std::vector<ReportRun> read_report_runs(const std::filesystem::path& path);

/// The same from the JSON of an evaluation, a lens or a probe; `name` stands for it in errors and on the page.
ReportRun parse_report_run(const nlohmann::json& json, const std::string& name);

/// A line of a dump. Throws Error as they do.
ReportRun::Trajectory parse_trajectory(const nlohmann::json& json, const std::string& where);

}  // namespace noema
