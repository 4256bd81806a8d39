// Continuous and discretized mode.

#include <torch/torch.h>

#include "decoding/feedback.h"
#include "decoding/strategy.h"

namespace noema {
namespace {

class ContinuousFeedback final : public Feedback {
 public:
  void start(const Sentences&) override {}
  std::vector<Step> read(const Concept& concepts) override { return steps_of(concepts.embedding); }
  torch::Tensor input(const Concept& concepts, Ledger::Scope&) override { return concepts.input; }
  void keep(const std::vector<std::int64_t>&) override {}
};

class DiscretizedFeedback final : public Feedback {
 public:
  explicit DiscretizedFeedback(ActiveBatch& batch)
      : batch_(batch), context_(batch.context), encoder_(context_.bundle.reading().encoder()) {}

  bool fits(const TokenIds& question) const override {
    return encoder_.has_room(static_cast<std::int64_t>(question.size()), {1});
  }

  void start(const Sentences& questions) override {
    if (reader_) {
      reader_->start(questions);
    } else {
      reader_ = encoder_.begin(questions, context_.observer);
    }
  }

  std::vector<Step> read(const Concept& concepts) override {
    std::vector<Step> steps = batch_.writer.write(batch_.rows, concepts.embedding);
    written_.clear();
    for (const Step& step : steps) written_.push_back(with_newline(step));
    return steps;
  }

  bool has_room(std::size_t row, const Step& step) const override {
    std::vector<std::int64_t> sentences = sentence_lengths(batch_.rows[row].trajectory.steps);
    sentences.push_back(static_cast<std::int64_t>(step.tokens.size()) + 1);
    sentences.push_back(1);  // of whatever comes after it
    return encoder_.has_room(static_cast<std::int64_t>(batch_.rows.question(row).size()), sentences);
  }

  torch::Tensor input(const Concept&, Ledger::Scope& reasoning) override {
    reasoning.count_pass();
    return context_.bundle.need_concepts().inputs(reader_->read(written_), context_.observer);
  }

  void keep(const std::vector<std::int64_t>& rows) override {
    reader_->keep(rows);
    std::vector<TokenIds> written;
    for (const std::int64_t row : rows) written.push_back(std::move(written_[static_cast<std::size_t>(row)]));
    written_ = std::move(written);
  }

 private:
  TokenIds with_newline(const Step& step) const {
    TokenIds sentence = step.tokens;
    sentence.push_back(context_.bundle.tokenizer->newline());
    return sentence;
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  const SentenceEncoder& encoder_;
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
    return concept_cache_bytes(context, question, context.run.read_steps ? context.options.max_steps : 1);
  }

  void run(ActiveBatch& batch) const override {
    ContinuousFeedback feedback;
    reason_in_concepts(batch, *make_continuous_concept_source(batch), feedback);
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
    reason_in_concepts(batch, *make_concept_source(batch), feedback);
  }
};

}  // namespace

std::unique_ptr<Strategy> make_continuous_strategy() { return std::make_unique<ContinuousStrategy>(); }
std::unique_ptr<Strategy> make_discretized_strategy() { return std::make_unique<DiscretizedStrategy>(); }

}  // namespace noema
