// Asks a question, shows the latents that the answer came from, then changes one of them and lets the model reason on.

#include <torch/torch.h>

#include <cstdio>

#include "base/error.h"
#include "concept_lm/find_model.h"
#include "decoding/reasoner.h"
#include "inspect/interventions/interventions.h"
#include "inspect/interventions/steering.h"

namespace {

const char* const kQuestion =
    "Lena picked up the lamp in the kitchen. Lena went to the garden. Lena dropped the lamp. Where is the lamp?";

void show(const noema::Trajectory& trajectory) {
  for (const noema::Step& step : trajectory.steps) {
    std::printf("  norm %5.2f  %s\n", step.concept_.norm().item<double>(), step.text.c_str());
  }
  std::printf("= %s\n", trajectory.answer.value_or("no answer").c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string name = argc > 1 ? argv[1] : "stories";
  const noema::Bundle bundle = noema::load_bundle(noema::find_model(name, {MODELS}));
  const std::unique_ptr<noema::Task> task = noema::make_task(bundle.task);
  const noema::Reasoner reasoner(bundle, *task, "continuous");
  noema::ReasoningOptions options;
  noema::RunOptions run;
  run.read_steps = true;  // the reasoning never leaves the latents: their sentences are for us
  const noema::Trajectory before = reasoner.run({kQuestion}, options, run).front();
  show(before);

  // A latent that says something else, found near the one that the model had, takes the place of step 2.
  const auto thought = noema::concept_of(bundle, "Lena has the lamp in the attic.", before.steps.at(1).concept_);
  const auto intervention = noema::make_replacement(1, thought.replacement);
  options.intervention = intervention.get();
  show(reasoner.run({kQuestion}, options, run).front());
  return 0;
} catch (const noema::Error& error) {
  std::fprintf(stderr, "change_a_thought: %s\n", error.what());
  return 1;
}
