#include "decoding/feedback.h"

#include <torch/torch.h>

#include <optional>

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

  /// Before the concepts are steps of their rows.
  Concept on_predicted(const Concept& concepts) const {
    if (!intervention_) return concepts;
    const auto randoms = batch_.randoms();
    const auto steps = steps_so_far();
    return intervention_->on_predicted(concepts, {batch_.row_questions(), randoms, steps});
  }

  /// After that.
  torch::Tensor on_fed_back(const torch::Tensor& inputs) const {
    if (!intervention_) return inputs;
    const auto randoms = batch_.randoms();
    auto steps = steps_so_far();
    for (std::size_t& step : steps) --step;
    return intervention_->on_fed_back(inputs, {batch_.row_questions(), randoms, steps});
  }

 private:
  std::vector<std::size_t> steps_so_far() const {
    std::vector<std::size_t> steps;
    for (std::size_t row = 0; row < batch_.rows(); ++row) steps.push_back(batch_.trajectory(row).steps.size());
    return steps;
  }

  ActiveBatch& batch_;
  Intervention* intervention_;
};

/// The trajectories of a batch and all that goes along with them.
class ConceptLoop {
 public:
  ConceptLoop(ActiveBatch& batch, Feedback& feedback)
      : batch_(batch),
        context_(batch.context()),
        model_(context_.bundle.need_concepts()),
        feedback_(feedback),
        stopping_(make_stopping(context_)),
        hand_(batch) {}

  void run() {
    while (true) {
      admit();
      if (batch_.rows() == 0) return;
      batch_.enter(Phase::reasoning);
      Concept concepts = predict();
      judge(batch_, *stopping_, concepts.embedding, feedback_.read(concepts));
      batch_.look_for_full_context(model_.config().model.transformer.max_positions);
      batch_.look_for_cancellation();
      if (const auto staying = batch_.drop_finished()) {
        keep(*staying);
        concepts = kept(concepts, *staying);
      }
      if (batch_.rows() == 0) continue;
      stream_->append(hand_.on_fed_back(feedback_.input(concepts)));
      batch_.count_passes();
    }
  }

 private:
  void admit() {
    const auto questions = batch_.admit();
    if (!questions) return;
    feedback_.start(*questions);
    HiddenStream entering = model_.begin(*questions, context_.observer);
    if (stream_) {
      stream_->join(entering);
    } else {
      stream_ = std::move(entering);
    }
    batch_.all_entered();
  }

  Concept predict() const {
    const torch::Tensor hidden = with_noise(stream_->hidden(), context_.options.latent_temperature, batch_.randoms());
    return hand_.on_predicted(model_.head().predict(hidden, context_.observer));
  }

  void keep(const std::vector<std::int64_t>& rows) {
    stream_->keep(rows);
    stopping_->keep(rows);
    feedback_.keep(rows);
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  const ConceptModel& model_;
  Feedback& feedback_;
  std::unique_ptr<Stopping> stopping_;
  Hand hand_;
  std::optional<HiddenStream> stream_;  // none before the first question
};

}  // namespace

void reason_in_concepts(ActiveBatch& batch, Feedback& feedback) { ConceptLoop(batch, feedback).run(); }

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
