#include "inspect/report/tables.h"

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "inspect/records/members.h"

namespace noema::report {
namespace {

nlohmann::json quantiles(const nlohmann::json& latency, const std::string& where) {
  nlohmann::json kept;
  for (const char* key : {"p50", "p95", "p99"}) kept[key] = rounded(amount_member(latency, key, where));
  return kept;
}

nlohmann::json latency(const nlohmann::json& result, const std::string& where) {
  const auto all = json_member<nlohmann::json>(result, "latency_ms", where);
  nlohmann::json kept = quantiles(all, where + ": latency_ms");
  for (const char* part : {"prefill", "reasoning", "decoding"}) {
    if (const auto found = optional_member<nlohmann::json>(all, part, where)) {
      kept[part] = quantiles(*found, where + ": latency_ms: " + part);
    }
  }
  return kept;
}

nlohmann::json interval(const nlohmann::json& result, const std::string& where) {
  const nlohmann::json& ends = array_member(result, "ci95", where, 2, 2);
  const nlohmann::json named = {{"low", ends[0]}, {"high", ends[1]}};
  return {rounded(share_member(named, "low", where + ": ci95")),
          rounded(share_member(named, "high", where + ": ci95"))};
}

nlohmann::json result_row(const nlohmann::json& result, const std::string& where) {
  nlohmann::json kept = {{"mode", json_member<std::string>(result, "mode", where)},
                         {"n", json_member<std::int64_t>(result, "n", where)},
                         {"accuracy", rounded(share_member(result, "accuracy", where))},
                         {"ci95", interval(result, where)},
                         {"latency_ms", latency(result, where)}};
  for (const char* key : {"validity", "stop_accuracy"}) {
    if (optional_member<double>(result, key, where)) kept[key] = rounded(share_member(result, key, where));
  }
  for (const char* key : {"steps", "passes", "tokens", "gflops", "gflops_without_prefill"}) {
    kept[key] = rounded(amount_member(result, key, where));
  }
  return kept;
}

nlohmann::json column(const nlohmann::json& json, const std::string& where) {
  return {{"name", json_member<std::string>(json, "name", where)},
          {"unit", optional_member<std::string>(json, "unit", where).value_or("")}};
}

nlohmann::json cell(const nlohmann::json& value, const std::string& where) {
  if (value.is_number_float()) {
    return rounded(number_member({{"value", value}}, "value", where, -kHuge, kHuge));
  }
  if (value.is_primitive()) return value;
  throw Error({where, "texts, numbers and null", value.type_name(), ""});
}

nlohmann::json row(const nlohmann::json& json, std::size_t columns, const std::string& where) {
  if (!json.is_array() || json.size() != columns) {
    throw Error({where, "an array of " + std::to_string(columns) + " values, one a column",
                 json.is_array() ? std::to_string(json.size()) : json.type_name(), ""});
  }
  nlohmann::json kept = nlohmann::json::array();
  for (const nlohmann::json& value : json) kept.push_back(cell(value, where));
  return kept;
}

/// The position of the column of this name, by which the page finds it; null for an empty name.
nlohmann::json column_index(const nlohmann::json& columns, const std::string& name, const std::string& where) {
  if (name.empty()) return nullptr;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i]["name"] == name) return i;
  }
  throw Error({where, "the name of a column", "\"" + printable(name) + "\"", ""});
}

nlohmann::json chart(const nlohmann::json& json, const nlohmann::json& columns, const std::string& where) {
  nlohmann::json kept;
  for (const char* key : {"x", "y"}) {
    kept[key] = column_index(columns, json_member<std::string>(json, key, where), where + ": " + key);
    if (kept[key].is_null()) throw Error({where + ": " + key, "the name of a column", "an empty text", ""});
  }
  for (const char* key : {"low", "high"}) {
    const auto name = optional_member<std::string>(json, key, where).value_or("");
    kept[key] = column_index(columns, name, where + ": " + key);
  }
  kept["series"] = nlohmann::json::array();
  if (!optional_member<nlohmann::json>(json, "series", where)) return kept;
  for (const nlohmann::json& name : array_member(json, "series", where, 0, columns.size())) {
    const std::string text = json_member<std::string>({{"series", name}}, "series", where);
    kept["series"].push_back(column_index(columns, text, where + ": series"));
  }
  return kept;
}

}  // namespace

double rounded(double value) {
  if (std::abs(value) < 1e-12) return 0.0;  // scales divide by what they span
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  return std::strtod(text, nullptr);
}

nlohmann::json checked_evaluation(const nlohmann::json& json, const std::string& where) {
  nlohmann::json kept = {{"results", nlohmann::json::array()}};
  for (const char* key : {"model", "task", "data", "ablation"}) {
    if (const auto text = optional_member<std::string>(json, key, where)) kept[key] = *text;
  }
  for (const nlohmann::json& result : array_member(json, "results", where, 1, 1000)) {
    kept["results"].push_back(result_row(result, where + ": results"));
  }
  return kept;
}

nlohmann::json checked_probe(const nlohmann::json& json, const std::string& where) {
  nlohmann::json kept = {{"probe", json_member<std::string>(json, "probe", where)},
                         {"conclusion", optional_member<std::string>(json, "conclusion", where).value_or("")},
                         {"columns", nlohmann::json::array()},
                         {"rows", nlohmann::json::array()},
                         {"charts", nlohmann::json::array()}};
  for (const nlohmann::json& one : array_member(json, "columns", where, 1, 64)) {
    kept["columns"].push_back(column(one, where + ": columns"));
  }
  for (const nlohmann::json& one : array_member(json, "rows", where, 0, 200'000)) {
    kept["rows"].push_back(row(one, kept["columns"].size(), where + ": rows"));
  }
  for (const nlohmann::json& one : array_member(json, "charts", where, 0, 64)) {
    kept["charts"].push_back(chart(one, kept["columns"], where + ": charts"));
  }
  return kept;
}

}  // namespace noema::report
