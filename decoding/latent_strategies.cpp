// Reasoning in concepts, with the concept model.

#include <torch/torch.h>

#include "decoding/intervention.h"
#include "decoding/perturbation.h"
#include "decoding/stopping.h"
#include "decoding/strategy.h"

namespace noema {
namespace {

/// What a latent strategy does with a concept: the sentence that it makes of it, and what goes back into the model.
class Feedback {
 public:
  virtual ~Feedback() = default;

  /// The steps of ẑ, one a row, with a text when reasoning needs one.
  virtual std::vector<Step> read(const Concept& concepts) = 0;

  /// The next input [B,D], for the concepts last read.
  virtual torch::Tensor input(const Concept& concepts) = 0;

  virtual void keep(const std::vector<std::int64_t>& rows) = 0;
};

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

void reason(ActiveBatch& batch, Feedback& feedback) {
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

class ContinuousFeedback final : public Feedback {
 public:
  std::vector<Step> read(const Concept& concepts) override { return steps_of(concepts.embedding); }
  torch::Tensor input(const Concept& concepts) override { return concepts.input; }
  void keep(const std::vector<std::int64_t>&) override {}
};

class DiscretizedFeedback final : public Feedback {
 public:
  explicit DiscretizedFeedback(ActiveBatch& batch)
      : batch_(batch),
        context_(batch.context()),
        reader_(context_.bundle.reading().encoder().begin(batch.questions(), context_.observer)) {}

  std::vector<Step> read(const Concept& concepts) override {
    std::vector<Step> steps = steps_of(concepts.embedding);
    written_.clear();
    for (WrittenSentence& sentence : batch_.write_rows(concepts.embedding)) {
      Step& step = steps[written_.size()];
      step = to_step(sentence, *context_.bundle.tokenizer, step.concept_);
      sentence.tokens.push_back(context_.bundle.tokenizer->newline());
      written_.push_back(std::move(sentence.tokens));
    }
    return steps;
  }

  torch::Tensor input(const Concept&) override {
    batch_.count_passes();
    return context_.bundle.need_concepts().inputs(reader_->read(pad(written_)), context_.observer);
  }

  void keep(const std::vector<std::int64_t>& rows) override {
    reader_->keep(rows);
    std::vector<TokenIds> written;
    for (const std::int64_t row : rows) written.push_back(std::move(written_[static_cast<std::size_t>(row)]));
    written_ = std::move(written);
  }

 private:
  ActiveBatch& batch_;
  const RunContext& context_;
  std::unique_ptr<SentenceReader> reader_;
  std::vector<TokenIds> written_;  // by row: the sentence last decoded, with its newline
};

class ContinuousStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override {
    bundle.need_concepts();
    bundle.writing();
  }

  void run(ActiveBatch& batch) const override {
    batch.enter(Phase::prefill);
    ContinuousFeedback feedback;
    reason(batch, feedback);
    batch.write_steps(batch.context().options.read_steps);
  }
};

class DiscretizedStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override {
    bundle.need_concepts();
    bundle.writing();
    bundle.reading();
  }

  void run(ActiveBatch& batch) const override {
    batch.enter(Phase::prefill);
    DiscretizedFeedback feedback(batch);
    reason(batch, feedback);
  }
};

}  // namespace

std::unique_ptr<Strategy> make_continuous_strategy() { return std::make_unique<ContinuousStrategy>(); }
std::unique_ptr<Strategy> make_discretized_strategy() { return std::make_unique<DiscretizedStrategy>(); }

}  // namespace noema
