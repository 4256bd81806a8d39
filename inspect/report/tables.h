#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace noema::report {

/// The known members of an evaluation: "model", "task", "data", "ablation" and "results". Throws Error for others'
/// files and for values out of range.
nlohmann::json checked_evaluation(const nlohmann::json& json, const std::string& where);

/// The known members of a probe: "probe", "conclusion", "columns", "rows" and "charts", whose columns exist.
nlohmann::json checked_probe(const nlohmann::json& json, const std::string& where);

/// A number to four significant digits: what a page shows and a chart needs, in a third of the bytes.
double rounded(double value);

}  // namespace noema::report
