#pragma once

#include <cstdint>
#include <vector>

#include "concept_lm/bundle.h"
#include "inspect/interventions/steering.h"
#include "inspect/probes/probe.h"
#include "tasks/task.h"

namespace noema {

struct InterchangeOptions {
  std::string mode = "continuous";
  std::uint64_t seed = 1;    ///< of the steps that are replaced
  bool by_sentence = true;   ///< also from the sentence alone, as `/edit` does; needs a search for each question
  SteeringOptions steering;  ///< of that search
};

/// Do answers follow from the latents? In the reasoning about each question one step is replaced by that of its twin (a
/// question that differs in one fact, see Twin), and reasoning goes on: an interchange intervention (Geiger et al.
/// 2021, "Causal Abstractions of Neural Networks"). The replacement is the concept that the model itself had in the
/// twin's reasoning, or one found for the twin's sentence by `concept_of`. Columns: replacement, n, share of answers
/// that follow from it (they are the twin's) with its interval, share that stays with the question, share of others.
/// Questions without a twin are left out; one whose reasoning ends before the step counts, as it was not changed.
/// Throws Error when there is no twin at all.
ProbeResult interchange(const Bundle& bundle, const Task& task, const std::vector<Example>& examples,
                        const ReasonAboutExamples& reason, const ReasoningOptions& base,
                        const InterchangeOptions& options = {});

}  // namespace noema
