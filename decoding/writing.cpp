#include "decoding/writing.h"

#include <torch/torch.h>

#include <numeric>
#include <optional>

#include "nn/device/steps_ahead.h"
#include "nn/model/index_tensor.h"

namespace noema {
namespace {

class SingleTokens final : public TokenSource {
 public:
  explicit SingleTokens(const SamplingOptions& options) : options_(options) {}

  bool can_join() const override { return true; }

  void join(const TokenStream& entering) override {
    if (stream_) {
      stream_->join(entering);
    } else {
      stream_ = entering;
    }
  }

  std::vector<TokenChoice> choose(std::span<Random* const> randoms) override {
    return choose_tokens(stream_->logits(), options_, randoms);
  }

  void append(const std::vector<std::int64_t>& ids) override { stream_->append(index_tensor(ids)); }
  void keep(const std::vector<std::int64_t>& rows) override { stream_->keep(rows); }

 private:
  SamplingOptions options_;
  std::optional<TokenStream> stream_;  // none before the first row
};

class RecordedTokens final : public TokenSource {
 public:
  RecordedTokens(StepRecorder& recorder, const LanguageModel& model) : steps_(recorder), model_(model) {}

  bool can_join() const override { return steps_.is_at_rest(); }
  void join(const TokenStream& entering) override { steps_.join(entering.stream()); }

  std::vector<TokenChoice> choose(std::span<Random* const>) override { return to_choices(steps_.now()[0]); }

  void append(const std::vector<std::int64_t>& ids) override {
    const torch::Tensor chosen = steps_.now()[0].select(1, 0).to(torch::kLong);
    if (chosen.equal(index_tensor(ids))) return steps_.next();
    for (const auto& taken : steps_.rewind()) steps_.append(model_.embed(taken[0].select(1, 0).to(torch::kLong)));
    steps_.append(model_.embed(index_tensor(ids)));
  }

  void keep(const std::vector<std::int64_t>& rows) override { steps_.keep(rows); }

 private:
  StepsAhead steps_;
  const LanguageModel& model_;
};

}  // namespace

std::unique_ptr<TokenSource> make_token_source(const SamplingOptions& options) {
  return std::make_unique<SingleTokens>(options);
}

std::unique_ptr<TokenSource> make_recorded_token_source(StepRecorder& recorder, const LanguageModel& model) {
  return std::make_unique<RecordedTokens>(recorder, model);
}

void WrittenSentence::add(const TokenChoice& choice, TokenId newline) {
  ++choices;
  probability_sum += choice.probability;
  entropy_sum += choice.entropy;
  ended = choice.id == newline;
  if (!ended) tokens.push_back(choice.id);
}

std::vector<WrittenSentence> write_sentences(TokenSource& source, std::vector<Random*> randoms, TokenId newline,
                                             int max_tokens, std::int64_t* passes) {
  std::vector<WrittenSentence> sentences(randoms.size());
  std::vector<std::size_t> active(randoms.size());  // the sentence of each row of the source
  std::iota(active.begin(), active.end(), std::size_t{0});
  if (passes) ++*passes;
  while (true) {
    const auto choices = source.choose(randoms);
    std::vector<std::int64_t> going, ids;
    for (std::size_t row = 0; row < active.size(); ++row) {
      WrittenSentence& sentence = sentences[active[row]];
      sentence.add(choices[row], newline);
      if (sentence.ended || sentence.choices >= max_tokens) continue;
      going.push_back(static_cast<std::int64_t>(row));
      ids.push_back(choices[row].id);
    }
    if (going.empty()) return sentences;
    if (going.size() < active.size()) {
      source.keep(going);
      for (std::size_t i = 0; i < going.size(); ++i) {
        active[i] = active[static_cast<std::size_t>(going[i])];
        randoms[i] = randoms[static_cast<std::size_t>(going[i])];
      }
      active.resize(going.size());
      randoms.resize(going.size());
    }
    source.append(ids);
    if (passes) ++*passes;
  }
}

std::vector<WrittenSentence> write_sentences(const TokenStream& stream, const SamplingOptions& options,
                                             std::vector<Random*> randoms, TokenId newline, int max_tokens) {
  SingleTokens source(options);
  source.join(stream);
  return write_sentences(source, std::move(randoms), newline, max_tokens);
}

}  // namespace noema
