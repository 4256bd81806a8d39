#include "decoding/feedback.h"

#include <torch/torch.h>

#include "decoding/stopping.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

Concept kept(const Concept& concepts, const std::vector<std::int64_t>& rows) {
  const auto some = [&](const torch::Tensor& all) {
    return all.defined() ? all.index_select(0, index_tensor(rows, all.device())) : all;
  };
  return {some(concepts.embedding), some(concepts.input), some(concepts.stop)};
}

void judge(ActiveBatch& batch, Stopping& stopping, const Concept& concepts, std::vector<Step> steps) {
  const auto verdicts = stopping.judge(batch, concepts, steps);
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

/// The trajectories of a batch and all that goes along with them.
class ConceptLoop {
 public:
  ConceptLoop(ActiveBatch& batch, ConceptStream& stream, Feedback& feedback)
      : batch_(batch),
        context_(batch.context()),
        stream_(stream),
        feedback_(feedback),
        stopping_(make_stopping(context_)) {}

  void run() {
    const std::int64_t max_positions = context_.bundle.need_concepts().config().model.transformer.max_positions;
    while (true) {
      if (stream_.can_join()) admit();
      if (batch_.rows() == 0) return;
      batch_.enter(Phase::reasoning);
      Concept concepts = stream_.predict();
      judge(batch_, *stopping_, concepts, feedback_.read(concepts));
      batch_.look_for_full_context(max_positions);
      batch_.look_for_cancellation();
      if (const auto staying = batch_.drop_finished()) {
        keep(*staying);
        concepts = kept(concepts, *staying);
      }
      if (batch_.rows() == 0) continue;
      stream_.append(feedback_.input(concepts));
      batch_.count_passes();
    }
  }

 private:
  void admit() {
    const auto questions = batch_.admit();
    if (!questions) return;
    feedback_.start(*questions);
    stream_.join(*questions);
    batch_.all_entered();
  }

  void keep(const std::vector<std::int64_t>& rows) {
    stream_.keep(rows);
    stopping_->keep(rows);
    feedback_.keep(rows);
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  ConceptStream& stream_;
  Feedback& feedback_;
  std::unique_ptr<Stopping> stopping_;
};

}  // namespace

void reason_in_concepts(ActiveBatch& batch, ConceptStream& stream, Feedback& feedback) {
  ConceptLoop(batch, stream, feedback).run();
}

std::vector<Step> steps_of(const torch::Tensor& z) {
  const torch::Tensor rows = z.to(torch::kCPU, torch::kFloat32);
  std::vector<Step> steps(static_cast<std::size_t>(z.size(0)));
  for (std::int64_t row = 0; row < z.size(0); ++row) steps[static_cast<std::size_t>(row)].concept_ = rows[row].clone();
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
