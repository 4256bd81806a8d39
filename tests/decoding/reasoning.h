#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "decoding/reasoner.h"
#include "support/tiny_bundle.h"

namespace noema {

/// Options under which the tiny bundle's texts stay short, and none is taken for an answer.
inline ReasoningOptions short_options() {
  ReasoningOptions options;
  options.max_steps = 4;
  options.max_sentence_tokens = 6;
  options.stop = {};
  return options;
}

inline const RunOptions kReading = {.read_steps = true};

/// The tiny questions, reasoned about.
inline std::vector<Trajectory> reason(const Bundle& bundle, const std::string& mode, const ReasoningOptions& options,
                                      const RunOptions& run = kReading, Observer* observer = nullptr) {
  return Reasoner(bundle, *make_task("stories"), mode).run(tiny_questions(), options, run, observer);
}

/// All that was written, in order.
inline std::vector<std::string> texts(const std::vector<Trajectory>& trajectories) {
  std::vector<std::string> all;
  for (const Trajectory& trajectory : trajectories) {
    for (const Step& step : trajectory.steps) all.push_back(step.text);
    all.push_back(trajectory.question);
  }
  return all;
}

/// The same model, with an accelerator.
inline Bundle accelerated(const Bundle& bundle, std::shared_ptr<const Accelerator> accelerator) {
  Bundle copy = bundle;
  copy.accelerator = std::move(accelerator);
  return copy;
}

/// So that questions end at different steps.
inline ReasoningOptions uneven_options(const Bundle& bundle) {
  ReasoningOptions options = short_options();
  options.max_steps = 6;
  options.stop = {StopRule::head};
  options.stop_threshold = 1.0;
  std::vector<double> probabilities;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    for (const Step& step : trajectory.steps) probabilities.push_back(*step.stop_probability);
  }
  std::sort(probabilities.begin(), probabilities.end());
  // In the widest gap of the upper half: no probability is so near that rounding decides.
  std::size_t widest = probabilities.size() / 2;
  const auto gap = [&](std::size_t i) { return probabilities[i + 1] - probabilities[i]; };
  for (std::size_t i = widest; i + 1 < probabilities.size(); ++i) {
    if (gap(i) > gap(widest)) widest = i;
  }
  options.stop_threshold = (probabilities[widest] + probabilities[widest + 1]) / 2.0;
  return options;
}

}  // namespace noema
