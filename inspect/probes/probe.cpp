#include "inspect/probes/probe.h"

#include <algorithm>
#include <cstdio>

#include "base/error.h"

namespace noema {
namespace {

constexpr std::size_t kLongest = 400;

std::string cell_text(const nlohmann::json& value, const std::string& unit) {
  if (value.is_null()) return "-";
  if (value.is_string()) return printable(value.get<std::string>(), kLongest);
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_number_integer()) return std::to_string(value.get<std::int64_t>());
  char text[32];
  if (unit == "share") {
    std::snprintf(text, sizeof text, "%.1f%%", 100.0 * value.get<double>());
  } else {
    std::snprintf(text, sizeof text, "%.4g", value.get<double>());
  }
  return text;
}

/// Characters, counted as UTF-8 lead bytes.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

}  // namespace

nlohmann::json to_json(const ProbeResult& result) {
  nlohmann::json columns = nlohmann::json::array(), charts = nlohmann::json::array();
  for (const auto& column : result.columns) columns.push_back({{"name", column.name}, {"unit", column.unit}});
  for (const auto& chart : result.charts) {
    charts.push_back(
        {{"x", chart.x}, {"y", chart.y}, {"low", chart.low}, {"high", chart.high}, {"series", chart.series}});
  }
  return {{"schema", 1},        {"kind", "probe"},     {"probe", result.probe}, {"conclusion", result.conclusion},
          {"columns", columns}, {"rows", result.rows}, {"charts", charts}};
}

std::string to_text(const ProbeResult& result) {
  std::vector<std::vector<std::string>> cells(1);
  for (const auto& column : result.columns) cells[0].push_back(column.name);
  for (const auto& row : result.rows) {
    cells.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) cells.back().push_back(cell_text(row[i], result.columns[i].unit));
  }
  std::vector<std::size_t> widths(result.columns.size(), 0);
  for (const auto& row : cells) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], length(row[i]));
  }
  std::string text;
  for (const auto& row : cells) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line += row[i] + std::string(widths[i] - length(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text + result.conclusion + "\n";
}

}  // namespace noema
