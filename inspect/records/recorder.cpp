#include "inspect/records/recorder.h"

#include <torch/torch.h>

namespace noema {
namespace {

constexpr int kSchema = 1;

nlohmann::json step_json(const Step& step, const Step* before, std::int64_t latent, bool with_tokens) {
  nlohmann::json json = {{"text", step.text},
                         {"is_view", step.is_view},
                         {"token_probability", step.token_probability},
                         {"entropy", step.entropy}};
  if (with_tokens) json["tokens"] = step.tokens;
  if (step.stop_probability) json["stop_probability"] = *step.stop_probability;
  if (!step.concept_.defined()) return json;
  json["latent"] = latent;
  json["norm"] = step.concept_.norm().item<double>();
  if (before && before->concept_.defined()) {
    json["cosine_to_last"] = at::cosine_similarity(step.concept_, before->concept_, 0).item<double>();
  }
  return json;
}

}  // namespace

std::string to_string(StopReason reason) {
  switch (reason) {
    case StopReason::answered:
      return "answered";
    case StopReason::no_answer:
      return "no_answer";
    case StopReason::repeated:
      return "repeated";
    case StopReason::max_steps:
      return "max_steps";
    case StopReason::context_full:
      return "context_full";
    case StopReason::cancelled:
      return "cancelled";
  }
  return "";
}

nlohmann::json to_json(const Cost& cost) {
  return {{"passes", cost.passes},          {"tokens", cost.tokens},
          {"gflops", cost.flops / 1e9},     {"prefill_gflops", cost.prefill_flops / 1e9},
          {"prefill_ms", cost.prefill_ms},  {"reasoning_ms", cost.reasoning_ms},
          {"decoding_ms", cost.decoding_ms}};
}

nlohmann::json to_json(const RecordedTrajectory& recorded, std::int64_t first_latent, bool with_tokens) {
  const Trajectory& trajectory = recorded.trajectory;
  nlohmann::json steps = nlohmann::json::array();
  for (std::size_t i = 0; i < trajectory.steps.size(); ++i) {
    const Step& step = trajectory.steps[i];
    steps.push_back(step_json(step, i > 0 ? &trajectory.steps[i - 1] : nullptr, first_latent, with_tokens));
    if (step.concept_.defined()) ++first_latent;
  }
  nlohmann::json json = {{"schema", kSchema},
                         {"id", recorded.id},
                         {"question", trajectory.question},
                         {"mode", trajectory.mode},
                         {"steps", std::move(steps)},
                         {"answer", nullptr},
                         {"stop", to_string(trajectory.stop)},
                         {"cost", to_json(trajectory.cost)},
                         {"right", nullptr},
                         {"valid", nullptr}};
  if (trajectory.answer) json["answer"] = *trajectory.answer;
  if (!recorded.true_answer.empty()) json["true_answer"] = recorded.true_answer;
  if (recorded.right) json["right"] = *recorded.right;
  if (recorded.valid) json["valid"] = *recorded.valid;
  return json;
}

}  // namespace noema
