// Hybrid mode: continuous where the model is sure, discretized where it is uncertain.

#include <torch/torch.h>

#include "decoding/feedback.h"
#include "decoding/strategy.h"
#include "decoding/uncertainty.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

/// Feeds concepts back as they are, but for uncertain ones. Those are written, read and fed back as the embeddings of
/// their texts, as in discretized mode; since an encoder may need the whole text, the sentences before that nobody
/// wrote are written first. Each row has a reader of its own, from its first uncertain step on: rows have them at
/// different steps, and a row that never is costs what it costs in continuous mode and the measure. A row whose texts
/// are too long for the encoder goes on in concepts.
class HybridFeedback final : public Feedback {
 public:
  explicit HybridFeedback(ActiveBatch& batch)
      : batch_(batch),
        context_(batch.context),
        encoder_(context_.bundle.reading().encoder()),
        uncertainty_(make_uncertainty(context_.bundle, context_.options.uncertainty)) {}

  void start(const Sentences&) override { readers_.resize(batch_.rows.size()); }

  std::vector<Step> read(const Concept& concepts) override {
    // The measure's passes are not those that predict.
    const Ledger::Scope scope(batch_.ledger, Phase::decoding, batch_.rows.places());
    const torch::Tensor measured = uncertainty_->of(concepts.embedding, context_.observer);
    uncertain_ = (measured > context_.options.uncertainty_threshold).cpu();
    return steps_of(concepts.embedding);
  }

  torch::Tensor input(const Concept& concepts, Ledger::Scope&) override {
    std::vector<torch::Tensor> inputs = concepts.input.unbind(0);
    for (std::size_t row = 0; row < inputs.size(); ++row) {
      if (!uncertain_[static_cast<std::int64_t>(row)].item<bool>()) continue;
      ActiveQuestion& question = batch_.rows[row];
      batch_.writer.fill_in(unwritten_steps(question), Phase::decoding);
      const auto tokens = static_cast<std::int64_t>(batch_.rows.question(row).size());
      if (encoder_.has_room(tokens, sentence_lengths(question.trajectory.steps))) inputs[row] = reread(row);
    }
    return torch::stack(inputs);
  }

  void keep(const std::vector<std::int64_t>& rows) override {
    std::vector<Reader> readers;
    for (const std::int64_t row : rows) readers.push_back(std::move(readers_[static_cast<std::size_t>(row)]));
    readers_ = std::move(readers);
    uncertain_ = uncertain_.index_select(0, index_tensor(rows));
  }

 private:
  struct Reader {
    std::unique_ptr<SentenceReader> texts;  // null: the row was never uncertain
    std::size_t read = 0;                   // steps of the row
  };

  /// The input [D] that the text of a row's last step gives.
  torch::Tensor reread(std::size_t row) {
    const ActiveQuestion& question = batch_.rows[row];
    Reader& reader = readers_[row];
    if (!reader.texts) {  // prefill, as it is in discretized mode, where it comes first
      const Ledger::Scope prefill(batch_.ledger, Phase::prefill, {question.place});
      reader.texts = encoder_.begin(pad({batch_.rows.question(row)}), context_.observer);
    }
    Ledger::Scope alone(batch_.ledger, Phase::reasoning, {question.place});
    torch::Tensor z;
    const std::vector<Step>& steps = question.trajectory.steps;
    for (; reader.read < steps.size(); ++reader.read) {
      TokenIds sentence = steps[reader.read].tokens;
      sentence.push_back(context_.bundle.tokenizer->newline());
      z = reader.texts->read({sentence});
      alone.count_pass();
    }
    return context_.bundle.need_concepts().inputs(z, context_.observer)[0];
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  const SentenceEncoder& encoder_;
  std::unique_ptr<Uncertainty> uncertainty_;
  std::vector<Reader> readers_;  // by row
  torch::Tensor uncertain_;      // [B] bool
};

class HybridStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override {
    bundle.need_concepts();
    bundle.writing();
    bundle.reading();
  }

  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    return concept_cache_bytes(context, question, context.options.max_steps) + text_cache_bytes(context, question);
  }

  void run(ActiveBatch& batch) const override {
    HybridFeedback feedback(batch);
    reason_in_concepts(batch, *make_concept_source(batch), feedback);
  }
};

}  // namespace

std::unique_ptr<Strategy> make_hybrid_strategy() { return std::make_unique<HybridStrategy>(); }

}  // namespace noema
