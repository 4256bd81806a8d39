#include "inspect/report/page_data.h"

#include <cmath>
#include <set>
#include <string>
#include <unordered_map>

#include "base/error.h"
#include "inspect/records/members.h"
#include "inspect/report/tables.h"

namespace noema::report {
namespace {

using nlohmann::json;

const char* name_of(ReportRun::Kind kind) {
  switch (kind) {
    case ReportRun::Kind::dump:
      return "dump";
    case ReportRun::Kind::evaluation:
      return "evaluation";
    case ReportRun::Kind::lens:
      return "lens";
    case ReportRun::Kind::probe:
      return "probe";
  }
  return "";
}

json optional_rounded(const std::optional<double>& value) { return value ? json(rounded(*value)) : json(nullptr); }

int verdict(const std::optional<bool>& value) { return value ? static_cast<int>(*value) : -1; }

/// Questions of all runs, joined by their text.
class Joined {
 public:
  Joined(const TrajectoryMap* map, std::size_t max_questions) : map_(map), max_questions_(max_questions) {}

  void add(const ReportRun& run, std::size_t number) {
    for (const auto& trajectory : run.trajectories) add(trajectory, number);
    for (const auto& question : run.lens) add(question, number);
  }

  void give(json& page) {
    page["tracks"] = std::move(tracks_);
    page["texts"] = std::move(texts_);
    page["questions"] = std::move(questions_);
    page["left_out"] = left_out_.size();
    if (map_) page["map"] = {{"explained", map_->explained}, {"paths", std::move(paths_)}};
  }

 private:
  void add(const TrajectoryLine& trajectory, std::size_t run) {
    const auto at = question(trajectory.question, trajectory.id, trajectory.true_answer);
    if (!at) return;
    const std::size_t track = track_of(run, trajectory.mode);
    if (!seen_.insert({*at, track}).second) return;  // the same story twice in one dump
    json steps = json::array();
    for (const auto& step : trajectory.steps) steps.push_back(compact(step));
    questions_[*at][3].push_back({track, text(trajectory.answer), verdict(trajectory.right), verdict(trajectory.valid),
                                  to_string(trajectory.stop), std::move(steps), compact(trajectory.cost)});
    add_path(*at, track, run, trajectory.id);
  }

  void add(const LensView& asked, std::size_t run) {
    const auto at = question(asked.question, asked.id, asked.true_answer);
    if (!at) return;
    json steps = json::array();
    for (const auto& step : asked.steps) {
      json layers = json::array();
      for (const auto& cell : step.layers) {
        layers.push_back({text(cell.text), rounded(cell.probability), rounded(cell.entropy), rounded(cell.cosine),
                          static_cast<int>(cell.agrees)});
      }
      steps.push_back({text(step.text), step.settled, std::move(layers)});
    }
    questions_[*at][4].push_back({run, text(asked.answer), std::move(steps)});
  }

  json compact(const StepLine& step) {
    json made = {text(step.text),
                 static_cast<int>(step.is_view),
                 rounded(step.token_probability),
                 rounded(step.entropy),
                 optional_rounded(step.stop_probability),
                 optional_rounded(step.cosine_to_last),
                 optional_rounded(step.norm)};
    while (made.back().is_null()) made.erase(made.size() - 1);
    return made;
  }

  static json compact(const CostLine& cost) {
    json made = json::array();
    for (const double number : {static_cast<double>(cost.passes), static_cast<double>(cost.tokens), cost.gflops,
                                cost.prefill_gflops, cost.prefill_ms, cost.reasoning_ms, cost.decoding_ms}) {
      made.push_back(rounded(number));
    }
    return made;
  }

  void add_path(std::size_t question, std::size_t track, std::size_t run, std::size_t id) {
    if (!map_) return;
    const auto path = map_->paths.find({run, static_cast<std::int64_t>(id)});
    if (path == map_->paths.end() || path->second.empty()) return;
    json points = json::array();
    for (const auto& point : path->second) {
      for (const double number : point) {
        if (!(std::abs(number) <= kHuge)) throw Error({"map of trajectories", "finite numbers", "others", ""});
        points.push_back(rounded(number));
      }
    }
    paths_.push_back({question, track, std::move(points)});
  }

  /// The place of a question, new or known; nothing when the page is full.
  std::optional<std::size_t> question(const std::string& asked, std::size_t id,
                                      const std::optional<std::string>& true_answer) {
    auto known = places_.find(asked);
    if (known == places_.end()) {
      if (questions_.size() == max_questions_) {
        left_out_.insert(asked);
        return std::nullopt;
      }
      known = places_.emplace(asked, questions_.size()).first;
      questions_.push_back({id, asked, -1, json::array(), json::array()});
    }
    json& entry = questions_[known->second];
    if (entry[2] == -1) entry[2] = text(true_answer);
    return known->second;
  }

  std::size_t track_of(std::size_t run, const std::string& mode) {
    const auto [track, is_new] = track_numbers_.try_emplace({run, mode}, tracks_.size());
    if (is_new) tracks_.push_back({run, mode});
    return track->second;
  }

  json text(const std::string& content) {
    const auto [known, is_new] = text_numbers_.try_emplace(content, texts_.size());
    if (is_new) texts_.push_back(content);
    return known->second;
  }
  json text(const std::optional<std::string>& content) { return content ? text(*content) : json(-1); }

  const TrajectoryMap* map_;
  std::size_t max_questions_;
  json tracks_ = json::array(), texts_ = json::array(), questions_ = json::array(), paths_ = json::array();
  std::unordered_map<std::string, std::size_t> places_, text_numbers_;
  std::map<std::pair<std::size_t, std::string>, std::size_t> track_numbers_;
  std::set<std::pair<std::size_t, std::size_t>> seen_;
  std::set<std::string> left_out_;
};

}  // namespace

json page_data(const std::vector<ReportRun>& runs, const TrajectoryMap* map, std::size_t max_questions) {
  json page = {{"schema", 1}, {"runs", json::array()}, {"evaluations", json::array()}, {"probes", json::array()}};
  Joined joined(map, max_questions);
  for (std::size_t number = 0; number < runs.size(); ++number) {
    const ReportRun& run = runs[number];
    page["runs"].push_back({{"kind", name_of(run.kind)}, {"name", run.name}, {"run", run.provenance}});
    joined.add(run, number);
    if (run.body.is_null()) continue;
    json body = run.body;
    body["run"] = number;
    page[run.kind == ReportRun::Kind::evaluation ? "evaluations" : "probes"].push_back(std::move(body));
  }
  joined.give(page);
  return page;
}

}  // namespace noema::report
