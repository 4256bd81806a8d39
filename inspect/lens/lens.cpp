#include "inspect/lens/lens.h"

#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "inspect/probes/sentences.h"

namespace noema {
namespace {

std::size_t settled_layer(const std::vector<LensCell>& layers) {
  std::size_t layer = layers.size();
  while (layer > 0 && layers[layer - 1].agrees) --layer;
  return layer;
}

}  // namespace

std::vector<LensView> read_lens(const Bundle& bundle, const LayerTap& tap,
                                const std::vector<RecordedTrajectory>& trajectories, int max_tokens) {
  const torch::InferenceMode inference;
  std::vector<torch::Tensor> outputs;
  std::vector<LensView> views;
  for (std::size_t question = 0; question < trajectories.size(); ++question) {
    const RecordedTrajectory& recorded = trajectories[question];
    const Trajectory& trajectory = recorded.trajectory;
    LensView view{recorded.id, trajectory.question, trajectory.answer, recorded.true_answer, recorded.right, {}};
    for (std::size_t step = 0; step < trajectory.steps.size(); ++step) {
      const LayerOutputs* found = tap.find(question, step);
      if (!found) continue;
      outputs.push_back(found->hidden);
      view.steps.push_back({trajectory.steps[step].text, {}, 0});
    }
    views.push_back(std::move(view));
  }
  if (outputs.empty()) {
    throw Error({"lens", "sentences predicted by a concept model", "none", "use a latent mode"});
  }
  const std::int64_t layers = outputs.front().size(0);
  const torch::Tensor hidden = torch::stack(outputs);  // [S,L,D]
  const torch::Tensor z = bundle.need_concepts().concepts_at_layer(hidden.flatten(0, 1)).embedding;
  const torch::Tensor by_step = z.view({hidden.size(0), layers, -1});
  const torch::Tensor cosine = at::cosine_similarity(by_step, by_step.narrow(1, layers - 1, 1), -1);  // [S,L]
  const auto sentences = decode_sentences(bundle.writing(), *bundle.tokenizer, z, {.max_tokens = max_tokens});
  std::int64_t row = 0;
  for (LensView& view : views) {
    for (LensStep& step : view.steps) {
      for (std::int64_t layer = 0; layer < layers; ++layer) {
        const DecodedSentence& sentence = sentences[static_cast<std::size_t>(row * layers + layer)];
        LensCell cell{sentence.text, sentence.token_probability, sentence.entropy, cosine[row][layer].item<double>(),
                      false};
        cell.agrees = cell.text == step.text;
        step.layers.push_back(std::move(cell));
      }
      step.settled = settled_layer(step.layers);
      ++row;
    }
  }
  return views;
}

double share_settled(const std::vector<LensView>& views, std::size_t layers) {
  double agreeing = 0.0, all = 0.0;
  for (const LensView& view : views) {
    for (const LensStep& step : view.steps) {
      all += 1.0;
      agreeing += step.settled + layers <= step.layers.size();
    }
  }
  return all > 0.0 ? agreeing / all : 0.0;
}

nlohmann::json to_json(const std::vector<LensView>& views) {
  nlohmann::json questions = nlohmann::json::array();
  std::size_t layers = 0;
  for (const LensView& view : views) {
    questions.push_back(write_record(view));
    if (!view.steps.empty()) layers = view.steps.back().layers.size();
  }
  return {{"schema", 1}, {"kind", "lens"}, {"layers", layers}, {"questions", std::move(questions)}};
}

}  // namespace noema
