#pragma once

#include <nlohmann/json.hpp>
#include <vector>

#include "inspect/report/report.h"
#include "inspect/report/run.h"

namespace noema::report {

/// What the page's scripts read: arrays rather than objects where there are many, and every text of a step once.
///
///   runs         [{kind, name, run: provenance}]
///   tracks       [[run, mode]]: a column of the comparison, one mode of one dump
///   texts        [text]: what steps and answers below refer to by number
///   questions    [[id, question, true answer or -1, [trajectory], [lens]]]
///   trajectory   [track, answer or -1, right, valid, stop, [step], cost]; right and valid are 1, 0 or -1 for unknown
///   step         [text, is_view, token_probability, entropy, stop_probability?, cosine_to_last?, norm?]
///   lens         [run, answer or -1, [[text, settled, [[text, probability, entropy, cosine, agrees]]]]]
///   evaluations, probes  [{run, …}]
///   map          {explained, paths: [[question, track, [x, y, x, y, …]]]}; missing when there is none
///   left_out     how many questions were more than `max_questions`
nlohmann::json page_data(const std::vector<ReportRun>& runs, const TrajectoryMap* map, std::size_t max_questions);

}  // namespace noema::report
