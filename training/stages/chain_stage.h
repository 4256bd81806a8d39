#pragma once

#include <memory>

#include "nn/model/language_model.h"
#include "training/stages/objective.h"

namespace noema {

/// What the chain learns besides its steps.
struct ChainOptions {
  double question_weight = 0.0;
  double hint_weight = 0.0;
};

/// Next-token prediction on the steps after the question: the backbone, and the baseline. With a question weight also
/// on the question: names and things that come again teach the model to look back, long before the steps can.
std::unique_ptr<ReasoningObjective> make_chain_objective(const LanguageModel& model, const ChainOptions& options);

/// Scores [M,V] of all step tokens of a batch, each given everything before it. The tokens are
/// batch.steps.real_tokens(). `states` are the hidden states of the texts, flattened [B*T,D].
torch::Tensor chain_logits(const LanguageModel& model, const ReasoningBatch& batch);
torch::Tensor chain_logits(const LanguageModel& model, const torch::Tensor& states, const ReasoningBatch& batch);

/// Cross-entropy between the shares of the hints and what the model would say in their places, in nats a hint. `states`
/// [B*T,D] are of the batch's questions and whatever follows them, B rows of any length T.
torch::Tensor hint_loss(const LanguageModel& model, const torch::Tensor& states, const ReasoningBatch& batch);

}  // namespace noema
