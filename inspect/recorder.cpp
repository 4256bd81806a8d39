#include "inspect/recorder.h"

#include <torch/torch.h>

#include "base/file.h"
#include "nn/safetensors.h"

namespace noema {
namespace {

constexpr int kSchema = 1;

nlohmann::json step_json(const Step& step, const Step* before, std::int64_t latent) {
  nlohmann::json json = {{"text", step.text},
                         {"is_view", step.is_view},
                         {"token_probability", step.token_probability},
                         {"entropy", step.entropy}};
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

nlohmann::json to_json(const RecordedTrajectory& recorded, std::int64_t first_latent) {
  const Trajectory& trajectory = recorded.trajectory;
  nlohmann::json steps = nlohmann::json::array();
  for (std::size_t i = 0; i < trajectory.steps.size(); ++i) {
    const Step& step = trajectory.steps[i];
    steps.push_back(step_json(step, i > 0 ? &trajectory.steps[i - 1] : nullptr, first_latent));
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
  if (recorded.right) json["right"] = *recorded.right;
  if (recorded.valid) json["valid"] = *recorded.valid;
  return json;
}

void write_dump(const std::filesystem::path& folder, const std::vector<RecordedTrajectory>& trajectories) {
  std::string lines;
  std::vector<torch::Tensor> latents;
  std::vector<std::int64_t> questions, steps;
  for (const RecordedTrajectory& recorded : trajectories) {
    const nlohmann::json line = to_json(recorded, static_cast<std::int64_t>(latents.size()));
    lines += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    for (std::size_t i = 0; i < recorded.trajectory.steps.size(); ++i) {
      const torch::Tensor& z = recorded.trajectory.steps[i].concept_;
      if (!z.defined()) continue;
      latents.push_back(z.to(torch::kCPU, torch::kFloat32));
      questions.push_back(static_cast<std::int64_t>(recorded.id));
      steps.push_back(static_cast<std::int64_t>(i));
    }
  }
  const torch::Tensor all = latents.empty() ? torch::zeros({0, 0}) : torch::stack(latents);
  const auto numbers = [](const std::vector<std::int64_t>& values) { return torch::tensor(values, torch::kLong); };
  std::error_code ignored;  // what stands in the way is found when the files are written
  std::filesystem::remove(folder / "trajectories.jsonl", ignored);
  write_safetensors(folder / "trajectories.safetensors",
                    {{"latents", all}, {"question", numbers(questions)}, {"step", numbers(steps)}},
                    {{"schema", std::to_string(kSchema)}});
  write_file(folder / "trajectories.jsonl", lines);
}

}  // namespace noema
