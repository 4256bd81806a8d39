#include "decoding/feedback.h"

#include <torch/torch.h>

#include "decoding/stopping.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

/// The trajectories of a batch and all that goes along with them.
class ConceptLoop final : public RowLoop, public ConceptVisitor {
 public:
  ConceptLoop(ActiveBatch& batch, ConceptSource& source, Feedback& feedback)
      : batch_(batch),
        source_(source),
        feedback_(feedback),
        max_positions_(batch.context.bundle.need_concepts().config().model.transformer.max_positions),
        stopping_(make_concept_stopping(
            batch.context, [this](std::size_t row, const std::optional<Step>& step) { return has_room(row, *step); })) {
  }

  bool can_join() const override { return source_.can_join(); }
  bool fits(const TokenIds& question) const override {
    return static_cast<std::int64_t>(question.size()) < max_positions_ && feedback_.fits(question);
  }
  void join(const EnteringRows& entering) override {
    {
      const Ledger::Scope prefill(batch_.ledger, Phase::prefill, entering.places);
      feedback_.start(entering.questions.select(index_tensor(entering.of_row)));
    }
    const Ledger::Scope prefill(batch_.ledger, Phase::prefill, entering.readers);
    source_.join(entering);
  }
  void step(Ledger::Scope& reasoning) override {
    reasoning_ = &reasoning;
    if (take_step(source_, *this)) reasoning.count_pass();
  }

  std::optional<std::vector<std::int64_t>> look(const Concept& concepts) override {
    NewSteps now{{}, &concepts};
    for (Step& step : feedback_.read(concepts)) now.steps.emplace_back(std::move(step));
    take_in(batch_, *stopping_, std::move(now));
    const auto staying = batch_.drop_finished(*reasoning_);
    if (staying) stopping_->keep(*staying);
    if (staying) feedback_.keep(*staying);
    return staying;
  }
  torch::Tensor input(const Concept& concepts) override { return feedback_.input(concepts, *reasoning_); }

 private:
  /// In the concept model for the step and another after it, and wherever else the step goes.
  bool has_room(std::size_t row, const Step& step) const {
    const std::size_t read = batch_.rows.question(row).size() + batch_.rows[row].trajectory.steps.size();
    return static_cast<std::int64_t>(read) + 2 <= max_positions_ && feedback_.has_room(row, step);
  }

  ActiveBatch& batch_;
  ConceptSource& source_;
  Feedback& feedback_;
  std::int64_t max_positions_;
  std::unique_ptr<Stopping> stopping_;
  Ledger::Scope* reasoning_ = nullptr;  // of the step that is being taken
};

}  // namespace

void reason_in_concepts(ActiveBatch& batch, ConceptSource& source, Feedback& feedback) {
  ConceptLoop loop(batch, source, feedback);
  batch.run(loop);
}

std::vector<std::int64_t> sentence_lengths(const std::vector<Step>& steps) {
  std::vector<std::int64_t> lengths;
  for (const Step& step : steps) lengths.push_back(static_cast<std::int64_t>(step.tokens.size()) + 1);
  return lengths;
}

std::int64_t concept_cache_bytes(const RunContext& context, std::int64_t question, std::int64_t sentences) {
  return context.bundle.need_concepts().backbone().cache_bytes(question + context.options.max_steps) +
         sentences * context.bundle.writing().decoder().cache_bytes(context.options.max_sentence_tokens);
}

std::int64_t text_cache_bytes(const RunContext& context, std::int64_t question) {
  const ReasoningOptions& options = context.options;
  const std::int64_t sentence = options.max_sentence_tokens + 1;  // and its newline
  return context.bundle.reading().encoder().cache_bytes(question + options.max_steps * sentence);
}

}  // namespace noema
