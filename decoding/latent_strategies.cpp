// Continuous and discretized mode.

#include <torch/torch.h>

#include "decoding/feedback.h"
#include "decoding/strategy.h"

namespace noema {
namespace {

class ContinuousFeedback final : public Feedback {
 public:
  std::vector<Step> read(const Concept& concepts) override { return steps_of(concepts.embedding); }
  torch::Tensor input(const Concept& concepts) override { return concepts.input; }
  void keep(const std::vector<std::int64_t>&) override {}
  void start(const Sentences&) override {}
};

class DiscretizedFeedback final : public Feedback {
 public:
  explicit DiscretizedFeedback(ActiveBatch& batch) : batch_(batch), context_(batch.context()) {}

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
    return context_.bundle.need_concepts().inputs(reader_->read(written_), context_.observer);
  }

  void keep(const std::vector<std::int64_t>& rows) override {
    reader_->keep(rows);
    std::vector<TokenIds> written;
    for (const std::int64_t row : rows) written.push_back(std::move(written_[static_cast<std::size_t>(row)]));
    written_ = std::move(written);
  }

  void start(const Sentences& questions) override {
    if (reader_) {
      reader_->start(questions);
    } else {
      reader_ = context_.bundle.reading().encoder().begin(questions, context_.observer);
    }
  }

 private:
  ActiveBatch& batch_;
  const RunContext& context_;
  std::unique_ptr<SentenceReader> reader_;  // null before the first question
  std::vector<TokenIds> written_;           // by row: the sentence last decoded, with its newline
};

class ContinuousStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override {
    bundle.need_concepts();
    bundle.writing();
  }

  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    return concept_cache_bytes(context, question, context.options.read_steps ? context.options.max_steps : 1);
  }

  void run(ActiveBatch& batch) const override {
    ContinuousFeedback feedback;
    reason_in_concepts(batch, *make_continuous_concept_stream(batch), feedback);
  }
};

class DiscretizedStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override {
    bundle.need_concepts();
    bundle.writing();
    bundle.reading();
  }

  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    return concept_cache_bytes(context, question, 1) + text_cache_bytes(context, question);
  }

  void run(ActiveBatch& batch) const override {
    DiscretizedFeedback feedback(batch);
    reason_in_concepts(batch, *make_concept_stream(batch), feedback);
  }
};

}  // namespace

std::unique_ptr<Strategy> make_continuous_strategy() { return std::make_unique<ContinuousStrategy>(); }
std::unique_ptr<Strategy> make_discretized_strategy() { return std::make_unique<DiscretizedStrategy>(); }

}  // namespace noema
