#include "decoding/stopping.h"

#include <torch/torch.h>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

using Verdicts = std::vector<std::optional<StopReason>>;

class StopHeadRule final : public Stopping {
 public:
  Verdicts judge(ActiveBatch& batch, const Concept& concepts, std::vector<Step>& steps) override {
    const RunContext& context = batch.context();
    const StopHead& head = context.bundle.need_stop();
    const torch::Tensor log_odds = concepts.stop.defined() ? concepts.stop : head(concepts.embedding, context.observer);
    const torch::Tensor probability = log_odds.to(torch::kCPU, torch::kFloat32).sigmoid();
    Verdicts verdicts(batch.rows());
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      steps[row].stop_probability = probability[static_cast<std::int64_t>(row)].item<double>();
      if (*steps[row].stop_probability > context.options.stop_threshold) verdicts[row] = StopReason::answered;
    }
    return verdicts;
  }
};

/// Decodes every sentence and looks whether it is an answer.
class OracleRule final : public Stopping {
 public:
  Verdicts judge(ActiveBatch& batch, const Concept& concepts, std::vector<Step>& steps) override {
    const RunContext& context = batch.context();
    const bool are_read = !steps.empty() && steps.front().is_written;
    if (!are_read) {
      const auto sentences = batch.write_rows(concepts.embedding);
      for (std::size_t row = 0; row < batch.rows(); ++row) {
        steps[row] = to_step(sentences[row], *context.bundle.tokenizer, steps[row].concept_);
      }
    }
    Verdicts verdicts(batch.rows());
    for (std::size_t row = 0; row < batch.rows(); ++row) {
      if (context.task.answer_in(steps[row].text)) verdicts[row] = StopReason::answered;
    }
    return verdicts;
  }
};

class RepetitionRule final : public Stopping {
 public:
  Verdicts judge(ActiveBatch& batch, const Concept& concepts, std::vector<Step>&) override {
    Verdicts verdicts(batch.rows());
    const torch::Tensor z = concepts.embedding.to(torch::kCPU, torch::kFloat32);
    if (before_.defined()) {
      const std::int64_t rows = before_.size(0);  // those behind them have just come in
      const torch::Tensor cosine = at::cosine_similarity(z.narrow(0, 0, rows), before_, 1);
      for (std::size_t row = 0; row < static_cast<std::size_t>(rows); ++row) {
        const double value = cosine[static_cast<std::int64_t>(row)].item<double>();
        if (value > batch.context().options.repetition_threshold) verdicts[row] = StopReason::repeated;
      }
    }
    before_ = z;
    return verdicts;
  }

  void keep(const std::vector<std::int64_t>& rows) override { before_ = before_.index_select(0, index_tensor(rows)); }

 private:
  torch::Tensor before_;  // [B,Z]
};

class NoRule final : public Stopping {
 public:
  Verdicts judge(ActiveBatch& batch, const Concept&, std::vector<Step>&) override { return Verdicts(batch.rows()); }
};

}  // namespace

std::unique_ptr<Stopping> make_stopping(const RunContext& context) {
  switch (context.options.stop) {
    case StopRule::head:
      context.bundle.need_stop();
      return std::make_unique<StopHeadRule>();
    case StopRule::oracle:
      return std::make_unique<OracleRule>();
    case StopRule::repetition:
      return std::make_unique<RepetitionRule>();
    case StopRule::none:
      break;
  }
  return std::make_unique<NoRule>();
}

}  // namespace noema
