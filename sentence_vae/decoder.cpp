#include "sentence_vae/decoder.h"

#include <torch/torch.h>

#include <algorithm>
#include <map>

#include "nn/model/index_tensor.h"
#include "sentence_vae/losses.h"

namespace noema {
namespace {

constexpr std::int64_t kExpectedTokens = 24;  // of a sentence; the cache grows beyond

/// Rows of about the same length, so that short sentences are not padded to the longest: sentences of 4 to 30 tokens in
/// one tensor would be two thirds padding.
std::vector<std::vector<std::int64_t>> groups_by_length(const std::vector<std::int64_t>& lengths) {
  constexpr std::int64_t kStep = 8;
  std::map<std::int64_t, std::vector<std::int64_t>> groups;
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    groups[(lengths[row] + kStep - 1) / kStep].push_back(static_cast<std::int64_t>(row));
  }
  std::vector<std::vector<std::int64_t>> all;
  for (auto& [step, rows] : groups) all.push_back(std::move(rows));
  return all;
}

class PrefixDecoder final : public SentenceDecoder {
 public:
  PrefixDecoder(const LanguageModel& model, const Bottleneck& bottleneck) : model_(model), bottleneck_(bottleneck) {}

  torch::Tensor logits(const torch::Tensor& z, const Sentences& sentences) const override {
    std::vector<std::int64_t> begins = {0};  // of each row among the real tokens
    for (const std::int64_t length : sentences.lengths) begins.push_back(begins.back() + length);
    std::vector<torch::Tensor> hidden;  // [M,D], group after group
    std::vector<std::int64_t> order;    // which real token each is
    for (const auto& rows : groups_by_length(sentences.lengths)) {
      hidden.push_back(hidden_states(z, sentences, rows));
      for (const std::int64_t row : rows) {
        const auto index = static_cast<std::size_t>(row);
        for (std::int64_t place = begins[index]; place < begins[index + 1]; ++place) order.push_back(place);
      }
    }
    const torch::Tensor in_order = torch::cat(hidden).index_select(0, index_tensor(order, z.device()).argsort());
    return model_.logits(in_order, {single_positions(in_order.size(0))});
  }

  std::unique_ptr<TokenWriter> begin(const torch::Tensor& z, ComputeObserver* observer) const override {
    return std::make_unique<TokenStream>(start(z, observer));
  }

  std::unique_ptr<SentenceRecorder> record(std::shared_ptr<const Accelerator> accelerator,
                                           ChooseTokens choose) const override {
    return std::make_unique<Recorder>(*this, std::move(accelerator), std::move(choose));
  }

  // The embedding itself takes one position.
  std::int64_t max_tokens() const override { return model_.config().transformer.max_positions - 1; }
  std::int64_t cache_bytes(std::int64_t tokens) const override { return model_.cache_bytes(1 + tokens); }

 private:
  class Recorder final : public SentenceRecorder {
   public:
    Recorder(const PrefixDecoder& decoder, std::shared_ptr<const Accelerator> accelerator, ChooseTokens choose)
        : decoder_(decoder), recorder_(std::move(accelerator), decoder.model_, std::move(choose)) {}

    TokensAhead begin(const torch::Tensor& z) override {
      TokensAhead tokens(recorder_);
      tokens.join(decoder_.start(z, nullptr));
      return tokens;
    }

   private:
    const PrefixDecoder& decoder_;
    TokenRecorder recorder_;
  };

  TokenStream start(const torch::Tensor& z, ComputeObserver* observer) const {
    const std::vector<std::int64_t> lengths(static_cast<std::size_t>(z.size(0)), 1);
    return {model_, prefix(z.to(model_.options()), observer), lengths, kExpectedTokens, observer};
  }

  /// Of the real tokens of some of the sentences, row after row.
  torch::Tensor hidden_states(const torch::Tensor& z, const Sentences& sentences,
                              const std::vector<std::int64_t>& rows) const {
    const torch::Tensor index = index_tensor(rows);
    Sentences some = sentences.select(index);
    const std::int64_t width = *std::max_element(some.lengths.begin(), some.lengths.end());
    some.ids = some.ids.narrow(1, 0, width);
    // The last token is scored and never read: the prefix takes its place.
    const torch::Tensor tokens = model_.embed(some.ids.narrow(1, 0, width - 1));
    const torch::Tensor prefixes = prefix(z.index_select(0, index.to(z.device())), nullptr);
    const torch::Tensor embeddings = torch::cat({prefixes, tokens.to(z.scalar_type())}, 1);
    const Positions at = causal_positions(some.lengths, width, z.device());
    return model_.hidden(embeddings, {at}).flatten(0, 1).index_select(0, some.real_places(z.device()));
  }

  torch::Tensor prefix(const torch::Tensor& z /*[N,Z]*/, ComputeObserver* observer) const {
    return bottleneck_.prefix(z, {single_positions(z.size(0)), nullptr, observer}).unsqueeze(1);  // [N,1,D]
  }

  const LanguageModel& model_;
  const Bottleneck& bottleneck_;
};

class PrefixKind final : public KindOf<PrefixKind, DecoderKind> {
 public:
  std::string name() const override { return "prefix"; }
  std::string summary() const override { return "the embedding takes one position before the tokens"; }
  std::unique_ptr<SentenceDecoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                        WeightScope) const override {
    return std::make_unique<PrefixDecoder>(model, bottleneck);
  }
};

}  // namespace

std::unique_ptr<DecoderKind> prefix_decoder_kind() { return std::make_unique<PrefixKind>(); }

KindList<DecoderKind> decoder_kinds() {
  KindList<DecoderKind> kinds;
  kinds.add(prefix_decoder_kind());
  return kinds;
}

torch::Tensor exact_sentences(const torch::Tensor& logits, const Sentences& sentences) {
  const torch::Tensor tokens = sentences.real_tokens().to(logits.device());
  const torch::Tensor wrong = (logits.detach().argmax(-1) != tokens).to(torch::kLong);
  const torch::Tensor rows = sentences.real_places(logits.device()).div(sentences.width(), "floor");
  return torch::zeros({sentences.count()}, wrong.options()).index_add(0, rows, wrong) == 0;
}

DecodingScore score_decoding(const SentenceDecoder& decoder, const torch::Tensor& z, const Sentences& sentences) {
  const torch::Tensor logits = decoder.logits(z, sentences);
  return {token_cross_entropy(logits, sentences.real_tokens()), exact_sentences(logits, sentences)};
}

}  // namespace noema
