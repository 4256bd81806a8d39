#include "training/run/estimate.h"

#include <torch/torch.h>

#include <algorithm>
#include <chrono>

#include "training/data/recipe_data.h"
#include "training/optimizers/optimizer.h"
#include "training/run/backbone.h"
#include "training/run/gradients.h"
#include "training/run/parts.h"

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

Trial try_steps(const Stage& stage, Optimizer& optimizer, const BatchSequence& batches) {
  constexpr int kSteps = 3;
  BatchQueue queue(batches, 0);
  Trial trial;
  for (int step = 0; step <= kSteps; ++step) {
    const std::vector<ReasoningBatch> micro_batches = queue.next();
    const auto start = std::chrono::steady_clock::now();
    add_gradients(stage, micro_batches, optimizer.parameters(), {});
    optimizer.step(0.0);
    if (step == 0) continue;  // the first is slower: kernels are being prepared
    trial.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / kSteps;
    double padded = 0.0;
    for (const ReasoningBatch& batch : micro_batches) padded += static_cast<double>(batch.texts.ids.numel());
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

RecipeEstimate estimate(const Recipe& recipe, const std::filesystem::path& folder) {
  Recipe quick = recipe;
  quick.tokenizer_examples = std::min<std::int64_t>(recipe.tokenizer_examples, 2000);
  const RecipeData data(quick);
  const auto backbone = make_backbone(recipe);
  const Start start = read_start(folder);
  std::shared_ptr<const Tokenizer> tokenizer = backbone ? backbone->tokenizer : start.tokenizer;
  if (!tokenizer) tokenizer = make_tokenizer(quick, data);
  Parts parts(recipe, start.tokenizer ? tokenizer->vocab_size() : recipe.vocab_size, backbone.get(), start);
  RecipeEstimate whole;
  if (recipe.lora) whole.bundle_bytes += static_cast<double>(std::filesystem::file_size(backbone->file));
  for (const std::string& name : stage_names()) {
    const StageOptions& options = stage_options(recipe, name);
    if (options.steps == 0) {
      parts.keep(name);
      continue;
    }
    const Stage& stage = parts.build(name);
    Optimizer optimizer(parts.built().tensors, options);
    const BatchSequence batches(*data.training, *data.task, *tokenizer,
                                batch_options(recipe, name, 0, data, *tokenizer));
    const Trial trial = try_steps(stage, optimizer, batches);
    const auto steps = static_cast<double>(options.steps);
    StageEstimate& found = whole.stages.emplace_back();
    found = {.stage = name,
             .parameters = count_parameters(parts.built().tensors),
             .frozen = parts.built().adapter ? count_parameters(backbone->tensors) : 0,
             .steps = options.steps,
             .tokens = trial.tokens * steps,
             .seconds = trial.seconds * steps};
    found.memory_bytes = memory_bytes(found, parts.model().transformer, trial.most_tokens);
    whole.disk_bytes += 20.0 * static_cast<double>(found.parameters);
    whole.bundle_bytes += 2.0 * static_cast<double>(found.parameters);
    parts.finish(name, parts.built());
  }
  return whole;
}

}  // namespace noema
