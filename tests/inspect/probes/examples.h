#pragma once

#include <string>
#include <vector>

#include "inspect/records/recorder.h"
#include "support/tiny_bundle.h"
#include "tasks/task.h"

namespace noema {

/// Questions of the tiny bundle with steps, some of them the same for several questions.
inline std::vector<Example> tiny_examples() {
  std::vector<Example> examples;
  for (const std::string& question : tiny_questions()) {
    Example example{question, {}, "garden", {}};
    for (std::size_t i = 0; i < 1 + examples.size() % 3; ++i) {
      example.steps.push_back(i % 2 ? "Tom has the ball in the garden." : "Ann took it.");
    }
    example.steps.push_back("### garden");
    examples.push_back(std::move(example));
  }
  return examples;
}

/// The embeddings [N,Z] that the concept model is to predict for all their steps.
inline torch::Tensor true_embeddings(const Bundle& bundle, const std::vector<Example>& examples) {
  std::vector<TokenizedReasoning> reasonings;
  for (const Example& example : examples) {
    reasonings.push_back({bundle.tokenizer->encode(example.question + "\n"), {}});
    for (const auto& step : example.steps) reasonings.back().steps.push_back(bundle.tokenizer->encode(step + "\n"));
  }
  return bundle.writing().encoder().encode(make_batch(reasonings)).mean;
}

/// Trajectories as a perfect concept model and a perfect decoder would make them.
inline std::vector<RecordedTrajectory> true_trajectories(const Bundle& bundle, const std::vector<Example>& examples) {
  const torch::Tensor z = true_embeddings(bundle, examples);
  std::vector<RecordedTrajectory> trajectories;
  std::int64_t n = 0;
  for (const Example& example : examples) {
    RecordedTrajectory recorded;
    recorded.id = trajectories.size();
    recorded.trajectory.question = example.question;
    recorded.trajectory.mode = "continuous";
    for (const std::string& text : example.steps) {
      Step step;
      step.is_written = true;
      step.text = text;
      step.concept_ = z[n++].clone();
      recorded.trajectory.steps.push_back(std::move(step));
    }
    trajectories.push_back(std::move(recorded));
  }
  return trajectories;
}

}  // namespace noema
