// Reasoning token by token, with the chain model.

#include <torch/torch.h>

#include "decoding/strategy.h"

namespace noema {
namespace {

constexpr std::int64_t kExpectedTokens = 64;  // of a reasoning; the cache grows beyond

/// Writes sentence after sentence on one stream until no question is left. `mark` stands behind each question, and is
/// no part of it.
class ChainWriter {
 public:
  ChainWriter(ActiveBatch& batch, const TokenIds& mark, int max_steps)
      : batch_(batch),
        context_(batch.context()),
        mark_(mark),
        max_steps_(max_steps),
        source_(token_source_for(context_, context_.options.sampling,
                                 context_.recorders ? context_.recorders->chain.get() : nullptr,
                                 context_.bundle.need_chain())) {}

  void run() {
    while (true) {
      if (source_->can_join()) admit();
      if (batch_.rows() == 0) return;
      std::vector<std::int64_t> ids = choose();
      batch_.look_for_full_context(max_positions());
      batch_.look_for_cancellation();
      if (const auto staying = batch_.drop_finished()) ids = keep(*staying, ids);
      if (batch_.rows() == 0) continue;
      source_->append(ids);
      batch_.count_passes();
    }
  }

 private:
  void admit() {
    const auto questions = batch_.admit();
    if (!questions) return;
    const LanguageModel& model = context_.bundle.need_chain();
    TokenStream entering(model, model.embed(questions->ids), questions->lengths, questions->width() + kExpectedTokens,
                         context_.observer);
    for (const TokenId id : mark_) entering.append(torch::full({questions->count()}, id, torch::kLong));
    source_->join(entering);
    sentences_.resize(batch_.rows(), {.tokens = mark_});
    batch_.all_entered();
  }

  std::int64_t max_positions() const {
    const auto mark = static_cast<std::int64_t>(mark_.size());
    return context_.bundle.need_chain().config().transformer.max_positions - mark;
  }

  std::vector<std::int64_t> choose() {
    const auto choices = source_->choose(batch_.randoms());
    const TokenId newline = context_.bundle.tokenizer->newline();
    std::vector<std::int64_t> ids;
    for (std::size_t row = 0; row < choices.size(); ++row) {
      sentences_[row].add(choices[row], newline);
      ++batch_.trajectory(row).cost.tokens;
      const bool too_long = sentences_[row].choices >= context_.options.max_sentence_tokens;
      if (sentences_[row].ended || too_long) end_sentence(row);
      ids.push_back(too_long ? newline : choices[row].id);
    }
    return ids;
  }

  void end_sentence(std::size_t row) {
    batch_.add_step(row, to_step(sentences_[row], *context_.bundle.tokenizer));
    sentences_[row] = {};
    const auto& steps = batch_.trajectory(row).steps;
    if (context_.task.answer_in(steps.back().text)) {
      batch_.finish(row, StopReason::answered);
    } else if (static_cast<int>(steps.size()) >= max_steps_) {
      batch_.finish(row, StopReason::max_steps);
    }
  }

  std::vector<std::int64_t> keep(const std::vector<std::int64_t>& rows, const std::vector<std::int64_t>& ids) {
    std::vector<std::int64_t> kept;
    std::vector<WrittenSentence> sentences;
    for (const std::int64_t row : rows) {
      kept.push_back(ids[static_cast<std::size_t>(row)]);
      sentences.push_back(std::move(sentences_[static_cast<std::size_t>(row)]));
    }
    sentences_ = std::move(sentences);
    source_->keep(rows);
    return kept;
  }

  ActiveBatch& batch_;
  const RunContext& context_;
  TokenIds mark_;
  int max_steps_;
  std::unique_ptr<TokenSource> source_;
  std::vector<WrittenSentence> sentences_;  // by row, in the writing
};

class DirectStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override { bundle.need_chain(); }
  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    return context.bundle.need_chain().cache_bytes(question + context.options.max_sentence_tokens);
  }
  void run(ActiveBatch& batch) const override {
    const RunContext& context = batch.context();
    ChainWriter(batch, context.bundle.tokenizer->encode(context.task.answer_mark()), 1).run();
  }
};

class ChainStrategy final : public Strategy {
 public:
  void check(const Bundle& bundle) const override { bundle.need_chain(); }
  std::int64_t cache_bytes(const RunContext& context, std::int64_t question) const override {
    const ReasoningOptions& options = context.options;
    return context.bundle.need_chain().cache_bytes(question + options.max_steps * options.max_sentence_tokens);
  }
  void run(ActiveBatch& batch) const override { ChainWriter(batch, {}, batch.context().options.max_steps).run(); }
};

}  // namespace

std::unique_ptr<Strategy> make_direct_strategy() { return std::make_unique<DirectStrategy>(); }
std::unique_ptr<Strategy> make_chain_strategy() { return std::make_unique<ChainStrategy>(); }

}  // namespace noema
