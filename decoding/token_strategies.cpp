// Reasoning token by token, with the chain model.

#include <torch/torch.h>

#include "decoding/stopping.h"
#include "decoding/strategy.h"

namespace noema {
namespace {

constexpr std::int64_t kExpectedTokens = 64;  // of a reasoning; the cache grows beyond

/// Writes sentence after sentence on one stream until no question is left. `mark` stands after each question, and is no
/// part of it.
class ChainLoop final : public RowLoop {
 public:
  ChainLoop(ActiveBatch& batch, const TokenIds& mark, int max_steps)
      : batch_(batch),
        context_(batch.context),
        model_(context_.bundle.need_chain()),
        mark_(mark),
        source_(make_chain_source(context_)),
        stopping_(make_token_stopping(max_steps, [this](std::size_t row, const auto&) { return has_room(row); })) {}

  bool can_join() const override { return source_->can_join(); }

  bool fits(const TokenIds& question) const override {
    return static_cast<std::int64_t>(question.size() + mark_.size()) < max_positions();
  }

  void join(const EnteringRows& entering) override {
    const Ledger::Scope prefill(batch_.ledger, Phase::prefill, entering.readers);
    const Sentences& questions = entering.questions;
    TokenStream stream(model_, model_.embed(questions.ids), questions.lengths, questions.width() + kExpectedTokens,
                       context_.observer);
    for (const TokenId id : mark_) stream.append(torch::full({questions.count()}, id, torch::kLong));
    if (entering.are_samples()) stream.keep(entering.of_row);
    source_->join(stream);
    const auto mark = static_cast<std::int64_t>(mark_.size());
    for (const std::int64_t question : entering.of_row) {
      texts_.push_back({{.tokens = mark_}, questions.lengths[static_cast<std::size_t>(question)] + mark});
    }
  }

  void step(Ledger::Scope& reasoning) override {
    std::vector<std::int64_t> ids = choose(reasoning);
    if (const auto staying = batch_.drop_finished(reasoning)) ids = keep(*staying, ids);
    if (ids.empty()) return;
    source_->append(ids);
    reasoning.count_pass();
  }

 private:
  struct Text {
    WrittenSentence sentence;  // in the writing
    std::int64_t tokens = 0;   // of question, mark and all that was chosen
  };

  std::int64_t max_positions() const { return model_.config().transformer.max_positions; }

  /// For the token that was chosen and another after it.
  bool has_room(std::size_t row) const { return texts_[row].tokens < max_positions(); }

  /// What each row goes on with.
  std::vector<std::int64_t> choose(Ledger::Scope& reasoning) {
    const auto choices = source_->choose(batch_.rows.randoms());
    reasoning.count_tokens();
    const TokenId newline = context_.bundle.tokenizer->newline();
    std::vector<std::int64_t> ids;
    NewSteps now{std::vector<std::optional<Step>>(choices.size())};
    for (std::size_t row = 0; row < choices.size(); ++row) {
      WrittenSentence& sentence = texts_[row].sentence;
      sentence.add(choices[row], newline, context_.options.max_sentence_tokens);
      ++texts_[row].tokens;
      ids.push_back(sentence.end ? newline : choices[row].id);
      if (!sentence.end) continue;
      now.steps[row] = to_step(sentence, *context_.bundle.tokenizer);
      sentence = {};
    }
    take_in(batch_, *stopping_, std::move(now));
    return ids;
  }

  std::vector<std::int64_t> keep(const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> kept;
    std::vector<Text> texts;
    for (const std::int64_t row : rows) {
      kept.push_back(ids[static_cast<std::size_t>(row)]);
      texts.push_back(std::move(texts_[static_cast<std::size_t>(row)]));
    }
    texts_ = std::move(texts);
    source_->keep(rows);
    return kept;
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  const LanguageModel& model_;
  TokenIds mark_;
  std::unique_ptr<ChainSource> source_;
  std::vector<Text> texts_;  // by row
  std::unique_ptr<Stopping> stopping_;
};

void write_chains(ActiveBatch& batch, const TokenIds& mark, int max_steps) {
  ChainLoop loop(batch, mark, max_steps);
  batch.run(loop);
}

class DirectStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override { bundle.need_chain(); }
  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    return context.bundle.need_chain().cache_bytes(question + context.options.max_sentence_tokens);
  }
  void run(ActiveBatch& batch) const override {
    write_chains(batch, batch.context.bundle.tokenizer->encode(batch.context.task.answer_mark()), 1);
  }
};

class ChainStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override { bundle.need_chain(); }
  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    const ReasoningOptions& options = context.options;
    return context.bundle.need_chain().cache_bytes(question + options.max_steps * options.max_sentence_tokens);
  }
  void run(ActiveBatch& batch) const override { write_chains(batch, {}, batch.context.options.max_steps); }
};

}  // namespace

std::unique_ptr<Strategy> make_direct_strategy() { return std::make_unique<DirectStrategy>(); }
std::unique_ptr<Strategy> make_chain_strategy() { return std::make_unique<ChainStrategy>(); }

}  // namespace noema
