#include "decoding/writing.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>
#include <optional>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

class SingleTokens final : public TokenSource {
 public:
  SingleTokens(std::unique_ptr<TokenWriter> writer, const SamplingOptions& sampling)
      : writer_(std::move(writer)), sampling_(sampling) {}

  std::vector<TokenChoice> choose(std::span<Random* const> randoms) override {
    return choose_tokens(writer_->logits(), sampling_, randoms);
  }
  void append(const std::vector<std::int64_t>& ids) override { writer_->append(index_tensor(ids)); }
  void keep(const std::vector<std::int64_t>& rows) override { writer_->keep(rows); }

 private:
  std::unique_ptr<TokenWriter> writer_;
  SamplingOptions sampling_;
};

class SingleChainTokens final : public ChainSource {
 public:
  explicit SingleChainTokens(const SamplingOptions& sampling) : sampling_(sampling) {}

  bool can_join() const override { return true; }
  void join(const TokenStream& entering) override {
    if (stream_) {
      stream_->join(entering);
    } else {
      stream_ = entering;
    }
  }

  std::vector<TokenChoice> choose(std::span<Random* const> randoms) override {
    return choose_tokens(stream_->logits(), sampling_, randoms);
  }
  void append(const std::vector<std::int64_t>& ids) override { stream_->append(index_tensor(ids)); }
  void keep(const std::vector<std::int64_t>& rows) override { stream_->keep(rows); }

 private:
  std::optional<TokenStream> stream_;  // none before the first row
  SamplingOptions sampling_;
};

class RecordedTokens final : public ChainSource {
 public:
  explicit RecordedTokens(TokensAhead tokens) : tokens_(std::move(tokens)) {}

  bool can_join() const override { return tokens_.is_at_rest(); }
  void join(const TokenStream& entering) override { tokens_.join(entering); }
  std::vector<TokenChoice> choose(std::span<Random* const>) override { return to_choices(tokens_.now()); }
  void append(const std::vector<std::int64_t>& ids) override { tokens_.append(ids); }
  void keep(const std::vector<std::int64_t>& rows) override { tokens_.keep(rows); }

 private:
  TokensAhead tokens_;
};

/// Whether the last tokens are the same few again and again. Nobody writes so: numbers have fewer equal digits in a
/// row.
bool goes_round(const TokenIds& tokens) {
  constexpr std::ptrdiff_t kLast = 16, kLongestCircle = 4;
  if (std::ssize(tokens) < kLast) return false;
  for (std::ptrdiff_t circle = 1; circle <= kLongestCircle; ++circle) {
    if (std::equal(tokens.end() - kLast + circle, tokens.end(), tokens.end() - kLast)) return true;
  }
  return false;
}

bool may_record(const RunContext& context, const SamplingOptions& sampling) {
  return context.recorders && !context.is_watched() && sampling.temperature == 0.0;
}

}  // namespace

std::unique_ptr<ChainSource> make_chain_source(const RunContext& context) {
  const SamplingOptions& sampling = context.options.sampling;
  check_sampling(sampling);
  if (!may_record(context, sampling)) return std::make_unique<SingleChainTokens>(sampling);
  return std::make_unique<RecordedTokens>(TokensAhead(*context.recorders->chain));
}

std::unique_ptr<TokenSource> begin_sentences(const RunContext& context, const torch::Tensor& z,
                                             const SamplingOptions& sampling) {
  check_sampling(sampling);
  if (may_record(context, sampling)) return std::make_unique<RecordedTokens>(context.recorders->sentences->begin(z));
  return std::make_unique<SingleTokens>(context.bundle.writing().decoder().begin(z, context.observer), sampling);
}

void WrittenSentence::add(const TokenChoice& choice, TokenId newline, std::int64_t max_tokens) {
  ++choices;
  probability_sum += choice.probability;
  entropy_sum += choice.entropy;
  if (choice.id == newline) {
    end = SentenceEnd::newline;
    return;
  }
  tokens.push_back(choice.id);
  if (goes_round(tokens)) {
    end = SentenceEnd::repetition;
  } else if (choices >= max_tokens) {
    end = SentenceEnd::cut_off;
  }
}

std::vector<WrittenSentence> write_sentences(TokenSource& source, std::vector<Random*> randoms, TokenId newline,
                                             std::int64_t max_tokens, Ledger::Scope* scope) {
  std::vector<WrittenSentence> sentences(randoms.size());
  std::vector<std::size_t> active(randoms.size());  // the sentence of each row of the source
  std::iota(active.begin(), active.end(), std::size_t{0});
  while (true) {
    if (scope) scope->count_pass();
    if (scope) scope->count_tokens();
    const auto choices = source.choose(randoms);
    std::vector<std::int64_t> going, ids;
    for (std::size_t row = 0; row < active.size(); ++row) {
      WrittenSentence& sentence = sentences[active[row]];
      sentence.add(choices[row], newline, max_tokens);
      if (sentence.end) continue;
      active[going.size()] = active[row];
      randoms[going.size()] = randoms[row];
      going.push_back(static_cast<std::int64_t>(row));
      ids.push_back(choices[row].id);
    }
    if (going.empty()) return sentences;
    if (going.size() < active.size()) {
      source.keep(going);
      if (scope) scope->keep(going);
      active.resize(going.size());
      randoms.resize(going.size());
    }
    source.append(ids);
  }
}

std::vector<WrittenSentence> write_sentences(const SentenceDecoder& decoder, const torch::Tensor& z,
                                             const SamplingOptions& sampling, std::vector<Random*> randoms,
                                             TokenId newline, std::int64_t max_tokens) {
  SingleTokens source(decoder.begin(z), sampling);
  return write_sentences(source, std::move(randoms), newline, std::min(max_tokens, decoder.max_tokens()));
}

Step to_step(const WrittenSentence& sentence, const Tokenizer& tokenizer, const torch::Tensor& z) {
  Step step;
  step.is_written = true;
  step.text = tokenizer.decode(sentence.tokens);
  step.tokens = sentence.tokens;
  step.end = sentence.end.value_or(SentenceEnd::cut_off);
  step.token_probability = sentence.probability();
  step.entropy = sentence.entropy();
  step.concept_ = z;
  return step;
}

}  // namespace noema
