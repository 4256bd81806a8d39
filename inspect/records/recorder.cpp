#include "inspect/records/recorder.h"

#include <torch/torch.h>

namespace noema {
namespace {

StepLine step_line(const Step& step, bool with_tokens) {
  StepLine line;
  line.text = step.text;
  line.is_view = step.is_view;
  line.token_probability = step.token_probability;
  line.entropy = step.entropy;
  line.stop_probability = step.stop_probability;
  if (with_tokens) line.tokens = step.tokens;
  return line;
}

CostLine cost_line(const Cost& cost) {
  return {.passes = cost.passes,
          .tokens = cost.tokens,
          .gflops = cost.flops / 1e9,
          .prefill_gflops = cost.prefill_flops / 1e9,
          .prefill_ms = cost.prefill_ms,
          .reasoning_ms = cost.reasoning_ms,
          .decoding_ms = cost.decoding_ms};
}

}  // namespace

std::string to_string(StopReason reason) { return words_of(reason).at(static_cast<std::size_t>(reason)); }

nlohmann::json to_json(const Cost& cost) { return write_record(cost_line(cost)); }

TrajectoryLine line_of(const RecordedTrajectory& recorded, std::size_t first_latent, bool with_tokens) {
  const Trajectory& trajectory = recorded.trajectory;
  TrajectoryLine line;
  line.id = recorded.id;
  line.question = trajectory.question;
  line.mode = trajectory.mode;
  line.answer = trajectory.answer;
  line.true_answer = recorded.true_answer;
  line.stop = trajectory.stop;
  line.cost = cost_line(trajectory.cost);
  line.right = recorded.right;
  line.valid = recorded.valid;
  if (trajectory.familiarity) line.distance = trajectory.familiarity->distance;
  torch::Tensor before;
  for (const Step& step : trajectory.steps) {
    line.steps.push_back(step_line(step, with_tokens));
    const torch::Tensor& z = step.concept_;
    if (z.defined()) {
      line.steps.back().latent = first_latent++;
      line.steps.back().norm = z.norm().item<double>();
      if (before.defined()) line.steps.back().cosine_to_last = at::cosine_similarity(z, before, 0).item<double>();
    }
    before = z;
  }
  return line;
}

}  // namespace noema
