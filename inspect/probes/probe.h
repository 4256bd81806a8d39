#pragma once

#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "decoding/options.h"
#include "inspect/records/recorder.h"
#include "tasks/task.h"

namespace noema {

/// What a probe found: a table, and how to draw it. One form for all probes, so that every display and the report can
/// show any of them.
struct ProbeResult {
  struct Column {
    std::string name;
    std::string unit = {};  ///< "share", "ms", "nats", …; empty for texts and counts
  };

  /// A line for each value of the `series` columns, over column `x`.
  struct Chart {
    std::string x, y;
    std::string low = {}, high = {};       ///< columns of the interval's ends, if any
    std::vector<std::string> series = {};  ///< columns whose values tell the lines apart
  };

  std::string probe;       ///< "noise", "ablate", …
  std::string conclusion;  ///< one sentence that says what the table shows
  std::vector<Column> columns;
  std::vector<std::vector<nlohmann::json>> rows;  ///< one value a column: text, number or null
  std::vector<Chart> charts;
};

/// {"schema": 1, "kind": "probe", "probe", "conclusion", "columns", "rows", "charts"}.
nlohmann::json to_json(const ProbeResult& result);

/// The table in monospaced text, each column as wide as its widest cell; shares in percent.
std::string to_text(const ProbeResult& result);

/// Reasons about the questions of a probe with other options, and judges the answers: handed in by the command, since
/// probes know of no models' strategies.
using ReasonAbout = std::function<std::vector<RecordedTrajectory>(const std::string& mode, const ReasoningOptions&)>;

/// The same about questions of the probe's own.
using ReasonAboutExamples = std::function<std::vector<RecordedTrajectory>(
    const std::string& mode, const std::vector<Example>&, const ReasoningOptions&)>;

}  // namespace noema
