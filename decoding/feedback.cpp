#include "decoding/feedback.h"

#include <torch/torch.h>

#include "decoding/intervention.h"
#include "decoding/perturbation.h"
#include "decoding/stopping.h"

namespace noema {
namespace {

Concept kept(const Concept& concepts, const std::vector<std::int64_t>& rows) {
  const torch::Tensor index = torch::tensor(rows, torch::kLong).to(concepts.embedding.device());
  return {concepts.embedding.index_select(0, index), concepts.input.index_select(0, index)};
}

void judge(ActiveBatch& batch, Stopping& stopping, const torch::Tensor& z, std::vector<Step> steps) {
  const auto verdicts = stopping.judge(batch, z, steps);
  const auto max_steps = static_cast<std::size_t>(std::max(batch.context().options.max_steps, 1));
  for (std::size_t row = 0; row < batch.rows(); ++row) {
    batch.add_step(row, std::move(steps[row]));
    if (verdicts[row]) {
      batch.finish(row, *verdicts[row]);
    } else if (batch.trajectory(row).steps.size() >= max_steps) {
      batch.finish(row, StopReason::max_steps);
    }
  }
}

/// Passes latents through the intervention of the options, if there is one.
class Hand {
 public:
  explicit Hand(ActiveBatch& batch) : batch_(batch), intervention_(batch.context().options.intervention) {}

  Concept on_predicted(const Concept& concepts, std::size_t step) const {
    if (!intervention_) return concepts;
    const auto questions = batch_.row_questions();
    const auto randoms = batch_.randoms();
    return intervention_->on_predicted(concepts, {questions, randoms, step});
  }

  torch::Tensor on_fed_back(const torch::Tensor& inputs, std::size_t step) const {
    if (!intervention_) return inputs;
    const auto questions = batch_.row_questions();
    const auto randoms = batch_.randoms();
    return intervention_->on_fed_back(inputs, {questions, randoms, step});
  }

 private:
  ActiveBatch& batch_;
  Intervention* intervention_;
};

}  // namespace

void reason_in_concepts(ActiveBatch& batch, Feedback& feedback) {
  const RunContext& context = batch.context();
  const ConceptModel& model = context.bundle.need_concepts();
  const auto stopping = make_stopping(context);
  const auto stream = model.begin(batch.questions(), context.observer);
  const Hand hand(batch);
  for (std::size_t step = 0; batch.rows() > 0; ++step) {
    batch.enter(Phase::reasoning);
    const torch::Tensor hidden = with_noise(stream->hidden(), context.options.latent_temperature, batch.randoms());
    Concept concepts = hand.on_predicted(model.head().predict(hidden, context.observer), step);
    judge(batch, *stopping, concepts.embedding, feedback.read(concepts));
    batch.look_for_full_context(model.config().model.transformer.max_positions);
    batch.look_for_cancellation();
    if (const auto staying = batch.drop_finished()) {
      if (staying->empty()) break;
      stream->keep(*staying);
      stopping->keep(*staying);
      feedback.keep(*staying);
      concepts = kept(concepts, *staying);
    }
    stream->append(hand.on_fed_back(feedback.input(concepts), step));
    batch.count_passes();
  }
}

std::vector<Step> steps_of(const torch::Tensor& z) {
  std::vector<Step> steps(static_cast<std::size_t>(z.size(0)));
  for (std::int64_t row = 0; row < z.size(0); ++row) steps[static_cast<std::size_t>(row)].concept_ = z[row].clone();
  return steps;
}

std::int64_t concept_cache_bytes(const RunContext& context, std::int64_t question, std::int64_t sentences) {
  const LanguageModel& decoder = context.bundle.writing().backbone();
  return context.bundle.need_concepts().backbone().cache_bytes(question + context.options.max_steps) +
         sentences * decoder.cache_bytes(1 + context.options.max_sentence_tokens);
}

std::int64_t text_cache_bytes(const RunContext& context, std::int64_t question) {
  const ReasoningOptions& options = context.options;
  const std::int64_t sentence = options.max_sentence_tokens + 1;  // and its newline
  return context.bundle.reading().backbone().cache_bytes(question + options.max_steps * sentence);
}

}  // namespace noema
