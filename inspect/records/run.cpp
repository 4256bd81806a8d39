#include "inspect/records/run.h"

#include <algorithm>

#include "inspect/records/members.h"
#include "inspect/report/tables.h"

namespace noema {
namespace {

using report::amount_member;
using report::array_member;
using report::number_member;
using report::optional_member;
using report::share_member;

constexpr std::uint64_t kMostBytes = std::uint64_t{32} << 20;  // as JSON in memory some twenty times that
constexpr std::size_t kMostQuestions = 100'000;
constexpr std::size_t kMostSteps = 1'000;
constexpr std::size_t kMostLayers = 1'000;

void check_schema(const nlohmann::json& json, const std::string& where) {
  const auto schema = json_member<std::int64_t>(json, "schema", where);
  if (schema != 1) throw Error({where + ": schema", "1", std::to_string(schema), "make the run again"});
}

std::optional<double> optional_number(const nlohmann::json& json, const std::string& key, const std::string& where,
                                      double low, double high) {
  if (!optional_member<double>(json, key, where)) return std::nullopt;
  return number_member(json, key, where, low, high);
}

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

ReportRun::Step step(const nlohmann::json& json, const std::string& where) {
  return {.text = json_member<std::string>(json, "text", where),
          .is_view = json_member<bool>(json, "is_view", where),
          .token_probability = share_member(json, "token_probability", where),
          .entropy = amount_member(json, "entropy", where),
          .stop_probability = optional_number(json, "stop_probability", where, 0.0, 1.0 + 1e-6),
          .cosine_to_last = optional_number(json, "cosine_to_last", where, -1.0 - 1e-3, 1.0 + 1e-3),
          .norm = optional_number(json, "norm", where, 0.0, report::kHuge)};
}

std::array<double, 7> cost(const nlohmann::json& json, const std::string& where) {
  const auto object = json_member<nlohmann::json>(json, "cost", where);
  std::array<double, 7> numbers = {};
  std::size_t i = 0;
  for (const char* key :
       {"passes", "tokens", "gflops", "prefill_gflops", "prefill_ms", "reasoning_ms", "decoding_ms"}) {
    numbers[i++] = amount_member(object, key, where + ": cost");
  }
  return numbers;
}

ReportRun read_dump(const std::filesystem::path& folder) {
  ReportRun run;
  run.provenance = nlohmann::json::object();
  const std::filesystem::path manifest = folder / "dump.json";
  if (std::filesystem::exists(manifest)) {
    const nlohmann::json json = parse_json(read_file(manifest, kMostBytes), manifest.string());
    check_schema(json, manifest.string());
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
    run.trajectories.push_back(parse_trajectory(parse_json(line, where), where));
  }
  if (run.trajectories.empty()) throw Error({lines.string(), "at least one trajectory", "none", "dump some questions"});
  return run;
}

ReportRun::LensCell lens_cell(const nlohmann::json& json, const std::string& where) {
  return {.text = json_member<std::string>(json, "text", where),
          .probability = share_member(json, "probability", where),
          .entropy = amount_member(json, "entropy", where),
          .cosine = number_member(json, "cosine", where, -1.0 - 1e-3, 1.0 + 1e-3),
          .agrees = json_member<bool>(json, "agrees", where)};
}

ReportRun::LensQuestion lens_question(const nlohmann::json& json, std::size_t layers, const std::string& where) {
  ReportRun::LensQuestion made;
  made.id = json_member<std::int64_t>(json, "id", where);
  made.question = json_member<std::string>(json, "question", where);
  made.answer = optional_member<std::string>(json, "answer", where);
  made.true_answer = optional_member<std::string>(json, "true_answer", where);
  for (const nlohmann::json& one : array_member(json, "steps", where, 0, kMostSteps)) {
    ReportRun::LensStep step{json_member<std::string>(one, "text", where), 0, {}};
    const auto settled = json_member<std::uint32_t>(one, "settled", where);
    if (settled > layers) {
      throw Error({where + ": settled", "at most " + std::to_string(layers), std::to_string(settled), ""});
    }
    step.settled = settled;
    for (const nlohmann::json& cell : array_member(one, "layers", where, layers, layers)) {
      step.layers.push_back(lens_cell(cell, where + ": layers"));
    }
    made.steps.push_back(std::move(step));
  }
  return made;
}

ReportRun read_lens(const nlohmann::json& json, const std::string& where) {
  check_schema(json, where);
  ReportRun run;
  run.kind = ReportRun::Kind::lens;
  const auto layers = json_member<std::uint32_t>(json, "layers", where);
  if (layers < 1 || layers > kMostLayers) {
    throw Error({where + ": layers", "1 to " + std::to_string(kMostLayers), std::to_string(layers), ""});
  }
  for (const nlohmann::json& one : array_member(json, "questions", where, 1, kMostQuestions)) {
    run.lens.push_back(lens_question(one, layers, where + ": questions"));
  }
  return run;
}

}  // namespace

ReportRun::Trajectory parse_trajectory(const nlohmann::json& json, const std::string& where) {
  check_schema(json, where);
  ReportRun::Trajectory made;
  made.id = json_member<std::int64_t>(json, "id", where);
  made.question = json_member<std::string>(json, "question", where);
  made.mode = json_member<std::string>(json, "mode", where);
  made.stop = json_member<std::string>(json, "stop", where);
  made.answer = optional_member<std::string>(json, "answer", where);
  made.true_answer = optional_member<std::string>(json, "true_answer", where);
  made.right = optional_member<bool>(json, "right", where);
  made.valid = optional_member<bool>(json, "valid", where);
  for (const nlohmann::json& one : array_member(json, "steps", where, 0, kMostSteps)) {
    made.steps.push_back(step(one, where + ": steps"));
  }
  made.cost = cost(json, where);
  return made;
}

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
