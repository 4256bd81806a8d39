// Hybrid mode: continuous where the model is sure, discretized where it is in doubt.

#include <torch/torch.h>

#include "decoding/doubt.h"
#include "decoding/feedback.h"
#include "decoding/strategy.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

/// Feeds concepts back as they are, but for doubtful ones. Those are written, read and fed back as the embeddings of
/// their texts, as in discretized mode; since an encoder may need the whole text, the sentences before that nobody
/// wrote are written first. Each row has a reader of its own, from its first doubt on: rows are in doubt at different
/// steps, and a row that never is costs what it costs in continuous mode and the measure. A row whose texts are too
/// long for the encoder goes on in concepts.
class HybridFeedback final : public Feedback {
 public:
  explicit HybridFeedback(ActiveBatch& batch)
      : batch_(batch), context_(batch.context()), doubt_(make_doubt(context_.bundle, context_.options.doubt)) {}

  std::vector<Step> read(const Concept& concepts) override {
    batch_.enter(Phase::decoding);  // a doubt's passes are not those that predict
    in_doubt_ = (doubt_->of(concepts.embedding, context_.observer) > context_.options.doubt_threshold).cpu();
    batch_.enter(Phase::reasoning);
    return steps_of(concepts.embedding);
  }

  torch::Tensor input(const Concept& concepts) override {
    std::vector<torch::Tensor> inputs = concepts.input.unbind(0);
    for (std::size_t row = 0; row < inputs.size(); ++row) {
      if (!in_doubt_[static_cast<std::int64_t>(row)].item<bool>()) continue;
      batch_.write_missing(row);
      if (has_room(row)) inputs[row] = reread(row);
    }
    return torch::stack(inputs);
  }

  void keep(const std::vector<std::int64_t>& rows) override {
    std::vector<Reader> readers;
    for (const std::int64_t row : rows) readers.push_back(std::move(readers_[static_cast<std::size_t>(row)]));
    readers_ = std::move(readers);
    in_doubt_ = in_doubt_.index_select(0, index_tensor(rows));
  }

  void start(const Sentences&) override { readers_.resize(batch_.rows()); }

 private:
  struct Reader {
    std::unique_ptr<SentenceReader> texts;  // null: the row was never in doubt
    std::size_t read = 0;                   // steps of the row
  };

  /// Whether the encoder can read a row's question and all of its sentences, a newline behind each.
  bool has_room(std::size_t row) const {
    std::size_t tokens = batch_.question(row).size();
    for (const Step& step : batch_.trajectory(row).steps) tokens += step.tokens.size() + 1;
    const std::int64_t room = context_.bundle.reading().backbone().config().transformer.max_positions;
    return static_cast<std::int64_t>(tokens) <= room;
  }

  /// The input [D] that the text of a row's last step gives.
  torch::Tensor reread(std::size_t row) {
    batch_.focus(row);
    Reader& reader = readers_[row];
    if (!reader.texts) reader.texts = begin(row);
    torch::Tensor z;
    const std::vector<Step>& steps = batch_.trajectory(row).steps;
    for (; reader.read < steps.size(); ++reader.read) {
      TokenIds sentence = steps[reader.read].tokens;
      sentence.push_back(context_.bundle.tokenizer->newline());
      z = reader.texts->read({sentence});
      ++batch_.trajectory(row).cost.passes;
    }
    const torch::Tensor input = context_.bundle.need_concepts().inputs(z, context_.observer)[0];
    batch_.unfocus();
    return input;
  }

  /// A reader that has read the row's question: prefill, as it is in discretized mode, where it comes first.
  std::unique_ptr<SentenceReader> begin(std::size_t row) {
    batch_.enter(Phase::prefill);
    auto reader = context_.bundle.reading().encoder().begin(pad({batch_.question(row)}), context_.observer);
    batch_.enter(Phase::reasoning);
    return reader;
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  std::unique_ptr<Doubt> doubt_;
  std::vector<Reader> readers_;  // by row
  torch::Tensor in_doubt_;       // [B] bool
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
    reason_in_concepts(batch, *make_concept_stream(batch), feedback);
  }
};

}  // namespace

std::unique_ptr<Strategy> make_hybrid_strategy() { return std::make_unique<HybridStrategy>(); }

}  // namespace noema
