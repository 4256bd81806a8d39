#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "inspect/records/evaluation.h"

namespace noema {

/// Appends `hits` among `n` to a row of a table, and the two ends of its 95% interval; three nulls when n is 0.
void add_share(std::vector<nlohmann::json>& row, double hits, double n);

/// "81.2% (95% interval 78.0 to 84.1%)"; "none" when n is 0.
std::string share_text(double hits, double n);

/// "0.731 (95% interval 0.655 to 0.795)".
std::string number_text(double value, const Interval& interval);

}  // namespace noema
