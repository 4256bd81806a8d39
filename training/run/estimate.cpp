#include "training/run/estimate.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

#include "training/optimizers/optimizer.h"
#include "training/run/stage_loop.h"
#include "training/run/workers.h"

namespace noema {
namespace {

std::int64_t count_parameters(const TensorMap& tensors) {
  std::int64_t count = 0;
  for (const auto& [name, tensor] : tensors) count += tensor.numel();
  return count;
}

/// Some steps of a stage.
struct Trial {
  double tokens = 0.0, seconds = 0.0;  // of a step, on average
  double most_tokens = 0.0;            // of one step
};

Trial try_steps(const Objective& objective, Optimizer& optimizer, const StepSource& steps) {
  constexpr int kSteps = 3;
  const auto workers = make_thread_workers();
  StepQueue queue(steps, 0);
  Trial trial;
  for (int step = 0; step <= kSteps; ++step) {
    const MicroBatches micro_batches = queue.next();
    const auto start = std::chrono::steady_clock::now();
    workers->add_gradients(objective, micro_batches, optimizer.parameters(), {});
    optimizer.step(0.0);
    if (step == 0) continue;  // the first is slower: kernels are being prepared
    trial.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kSteps;
    double padded = 0.0;
    for (const auto& batch : micro_batches) padded += static_cast<double>(batch->padded_tokens());
    trial.tokens += padded / kSteps;
    trial.most_tokens = std::max(trial.most_tokens, padded);
  }
  return trial;
}

double memory_bytes(const StageEstimate& stage, const TransformerConfig& model, double tokens) {
  const double per_token = static_cast<double>(model.layers * (12 * model.width + 5 * model.feed_forward)) * 4.0;
  return 16.0 * static_cast<double>(stage.parameters) + 4.0 * static_cast<double>(stage.frozen) + tokens * per_token;
}

}  // namespace

RecipeEstimate estimate(const Recipe& recipe, const std::filesystem::path& folder, const ModelKinds& kinds) {
  Recipe quick = recipe;
  quick.tokenizer.examples = std::min<std::int64_t>(recipe.tokenizer.examples, 2000);
  StageLoop loop(quick, folder, kinds);
  std::shared_ptr<const Tokenizer> tokenizer = loop.given_tokenizer();
  const std::int64_t vocab_size = tokenizer ? tokenizer->vocab_size() : recipe.tokenizer.vocab_size;
  if (!tokenizer) tokenizer = make_tokenizer(quick, loop.data());
  RecipeEstimate whole;
  if (recipe.lora && recipe.model.with_backbone) {
    whole.bundle_bytes += 2.0 * static_cast<double>(count_parameters(loop.backbone()->tensors));
  }
  loop.run(vocab_size, [&](std::size_t index, const StageKind& kind, Stage& stage) {
    if (stage.fit) return true;  // seconds
    Optimizer optimizer(stage.parameters(), kind.training);
    const Trial trial =
        try_steps(*stage.objective, optimizer, *kind.data({quick, loop.data(), *tokenizer, index}).training);
    const auto steps = static_cast<double>(kind.training.steps);
    StageEstimate& found = whole.stages.emplace_back();
    found = {
        .stage = kind.name(),
        .parameters = count_parameters(stage.parameters()),
        .frozen = recipe.lora && stage.parts.front().second.adapter ? count_parameters(loop.backbone()->tensors) : 0,
        .steps = kind.training.steps,
        .tokens = trial.tokens * steps,
        .seconds = trial.seconds * steps};
    found.memory_bytes = memory_bytes(found, loop.setting().model.transformer, trial.most_tokens);
    whole.disk_bytes += 20.0 * static_cast<double>(found.parameters);
    whole.bundle_bytes += 2.0 * static_cast<double>(found.parameters);
    return true;
  });
  return whole;
}

}  // namespace noema
