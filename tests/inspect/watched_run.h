#pragma once

#include <string>
#include <vector>

#include "decoding/reasoner.h"
#include "inspect/records/evaluation.h"
#include "inspect/records/layer_tap.h"
#include "support/tiny_bundle.h"

namespace noema {

/// Options under which the tiny bundle's texts stay short.
inline ReasoningOptions watched_options() {
  ReasoningOptions options;
  options.max_steps = 3;
  options.max_sentence_tokens = 6;
  options.stop = {};
  options.uncertainty_threshold = 1000.0;  // in hybrid mode uncertainty is measured, but never enough
  return options;
}

/// The tiny questions reasoned about and judged, each with "kitchen" as its true answer.
inline std::vector<RecordedTrajectory> watched_run(const Bundle& bundle, const std::string& mode,
                                                   const ReasoningOptions& options, Observer* observer = nullptr,
                                                   const RunOptions& run = {.read_steps = true}) {
  const auto task = make_task("stories");
  auto trajectories = Reasoner(bundle, *task, mode).run(tiny_questions(), options, run, observer);
  std::vector<RecordedTrajectory> recorded;
  for (std::size_t i = 0; i < trajectories.size(); ++i) {
    Example example;
    example.question = tiny_questions()[i];
    example.answer = "kitchen";
    recorded.push_back(judge(run.first_question + i, std::move(trajectories[i]), example, *task));
  }
  return recorded;
}

}  // namespace noema
