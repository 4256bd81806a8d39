#include "inspect/report/run.h"

#include <algorithm>

#include "base/digest.h"
#include "inspect/records/dump_shard.h"
#include "inspect/records/members.h"
#include "inspect/report/tables.h"

namespace noema {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{32} << 20;  // as JSON in memory some twenty times that
constexpr std::size_t kMostQuestions = 100'000;

void check_schema(const nlohmann::json& json, const std::string& where) { number_member(json, "schema", where, 1, 1); }

/// The known members of "run"; a provenance of other content could carry anything into the page.
nlohmann::json provenance(const nlohmann::json& json, const std::string& where) {
  nlohmann::json kept = nlohmann::json::object();
  const auto run = optional_member<nlohmann::json>(json, "run", where);
  if (!run) return kept;
  for (const char* key : {"command", "model", "model_sha256", "recipe", "commit", "data", "data_sha256"}) {
    if (const auto text = optional_member<std::string>(*run, key, where + ": run")) kept[key] = *text;
  }
  if (run->contains("seed") && (*run)["seed"].is_number_unsigned()) {
    kept["seed"] = std::to_string((*run)["seed"].get<std::uint64_t>());  // the page's numbers have 53 bits
  } else if (const auto seed = optional_member<std::int64_t>(*run, "seed", where + ": run")) {
    kept["seed"] = std::to_string(*seed);
  }
  return kept;
}

ReportRun read_dump(const std::filesystem::path& folder) {
  ReportRun run;
  run.provenance = nlohmann::json::object();
  const std::filesystem::path manifest = folder / "dump.json";
  if (std::filesystem::exists(manifest)) {
    const nlohmann::json json = parse_json(read_file(manifest, kMostBytes), manifest.string());
    number_member(json, "schema", manifest.string(), 1, kDumpSchema);
    check_digest(json, manifest.string());
    const auto kind = json_member<std::string>(json, "kind", manifest.string());
    if (kind != "dump") throw Error({manifest.string() + ": kind", "dump", printable(kind), ""});
    run.provenance = provenance(json, manifest.string());
  }
  const std::filesystem::path lines = folder / "trajectories.jsonl";
  const std::string content = read_file(lines, kMostBytes);
  std::size_t number = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    const std::string where = lines.string() + ", line " + std::to_string(++number);
    const std::string_view line = std::string_view(content).substr(begin, end - begin);
    begin = end + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    if (run.trajectories.size() == kMostQuestions) {
      throw Error({lines.string(), "at most " + std::to_string(kMostQuestions) + " trajectories", "more",
                   "dump fewer questions with --limit"});
    }
    run.trajectories.push_back(read_record<TrajectoryLine>(parse_json(line, where), where));
  }
  if (run.trajectories.empty()) throw Error({lines.string(), "at least one trajectory", "none", "dump some questions"});
  return run;
}

LensView lens_view(const nlohmann::json& json, std::size_t layers, const std::string& where) {
  auto view = read_record<LensView>(json, where);
  for (const LensStep& step : view.steps) {
    if (step.layers.size() != layers) {
      throw Error({where + ": layers", std::to_string(layers) + " elements", std::to_string(step.layers.size()), ""});
    }
    if (step.settled > layers) {
      throw Error({where + ": settled", "at most " + std::to_string(layers), std::to_string(step.settled), ""});
    }
  }
  return view;
}

ReportRun read_lens(const nlohmann::json& json, const std::string& where) {
  check_schema(json, where);
  ReportRun run;
  run.kind = ReportRun::Kind::lens;
  number_member(json, "layers", where, 1, kMostLayers);
  const auto layers = json_member<std::size_t>(json, "layers", where);
  for (const nlohmann::json& one : array_member(json, "questions", where, 1, kMostQuestions)) {
    run.lens.push_back(lens_view(one, layers, where + ": questions"));
  }
  return run;
}

}  // namespace

ReportRun parse_report_run(const nlohmann::json& json, const std::string& where) {
  const auto kind = json_member<std::string>(json, "kind", where);
  ReportRun run;
  if (kind == "lens") {
    run = read_lens(json, where);
  } else if (kind == "evaluation") {
    run.kind = ReportRun::Kind::evaluation;
    if (json.contains("schema")) check_schema(json, where);
    run.body = report::checked_evaluation(json, where);
  } else if (kind == "probe") {
    run.kind = ReportRun::Kind::probe;
    check_schema(json, where);
    run.body = report::checked_probe(json, where);
  } else {
    throw Error({where + ": kind", "evaluation, lens or probe", "\"" + printable(kind) + "\"",
                 kind == "dump" ? "give the dump's folder, not its manifest" : "give a file that noema wrote"});
  }
  run.provenance = provenance(json, where);
  run.name = printable(where, 200);
  return run;
}

std::vector<ReportRun> read_report_runs(const std::filesystem::path& path) {
  std::error_code failure;
  const std::string where = path.string();
  if (std::filesystem::is_directory(path, failure)) {
    ReportRun run = read_dump(path);
    run.name = printable(where, 200);
    return {std::move(run)};
  }
  const nlohmann::json json = parse_json(read_file(path, kMostBytes), where);
  if (!json.is_array()) return {parse_report_run(json, where)};
  std::vector<ReportRun> runs;
  for (const nlohmann::json& one : json) runs.push_back(parse_report_run(one, where));
  if (runs.empty()) throw Error({where, "at least one result", "an empty list", "choose another file"});
  return runs;
}

}  // namespace noema
