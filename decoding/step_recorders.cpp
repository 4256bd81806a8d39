#include "decoding/step_recorders.h"

#include <torch/torch.h>

#include "decoding/sampling.h"

namespace noema {
namespace {

StreamStep concept_step(const ConceptModel& model, const StopHead* stop) {
  return [&model, stop](HiddenStream& stream) {
    const Concept next = model.head().predict(stream.hidden());
    stream.append(next.input);
    std::vector<torch::Tensor> read = {next.embedding};
    if (stop) read.push_back((*stop)(next.embedding));
    return read;
  };
}

StreamStep token_step(const LanguageModel& model) {
  return [&model](HiddenStream& stream) {
    const torch::Tensor logits = model.logits(stream.hidden(), {single_positions(stream.rows())});
    const torch::Tensor choice = most_probable(logits);
    stream.append(model.embed(choice.select(1, 0).to(torch::kLong)));
    return std::vector<torch::Tensor>{choice};
  };
}

}  // namespace

StepRecorders::StepRecorders(const Bundle& bundle) {
  const auto recorder = [&](const LanguageModel& model, StreamStep step) {
    return std::make_unique<StepRecorder>(bundle.accelerator, model, std::move(step));
  };
  if (bundle.chain) chain = recorder(*bundle.chain, token_step(*bundle.chain));
  if (!bundle.concepts) return;
  concepts = recorder(bundle.concepts->backbone(), concept_step(*bundle.concepts, bundle.stop.get()));
  sentences = recorder(bundle.writing().backbone(), token_step(bundle.writing().backbone()));
}

}  // namespace noema
