#include "decoding/step_recorders.h"

#include <torch/torch.h>

#include "decoding/sampling.h"

namespace noema {
namespace {

StreamStep concept_step(const ConceptModel& model, const StopHead* stop) {
  return [&model, stop](HiddenStream& stream) {
    const Concept next = model.head().predict({stream.hidden()});
    stream.append(next.input);
    std::vector<torch::Tensor> read = {next.embedding, next.input};
    if (stop) read.push_back((*stop)(next.embedding));
    return read;
  };
}

}  // namespace

StepRecorders::StepRecorders(const Bundle& bundle) {
  if (bundle.chain) chain = std::make_unique<TokenRecorder>(bundle.accelerator, *bundle.chain, most_probable);
  if (!bundle.concepts) return;
  sentences = bundle.writing().decoder().record(bundle.accelerator, most_probable);
  const ConceptModel& model = *bundle.concepts;
  const ConceptHead::Needs needs = model.head().needs();
  if (needs.sentences_before || needs.randoms) return;  // what they give differs from step to step
  concepts =
      std::make_unique<StepRecorder>(bundle.accelerator, model.backbone(), concept_step(model, bundle.stop.get()));
}

}  // namespace noema
