#include "sentence_vae/decoder.h"

#include <torch/torch.h>

#include "sentence_vae/losses.h"

namespace noema {
namespace {

constexpr std::int64_t kExpectedTokens = 24;  // of a sentence; the cache grows beyond

class PrefixDecoder final : public SentenceDecoder {
 public:
  PrefixDecoder(const LanguageModel& model, const Bottleneck& bottleneck) : model_(model), bottleneck_(bottleneck) {}

  torch::Tensor logits(const torch::Tensor& z, const Sentences& sentences, ComputeObserver* observer) const override {
    // The last token is scored and never read: the prefix takes its place.
    const torch::Tensor tokens = model_.embed(sentences.ids.narrow(1, 0, sentences.width() - 1));
    const torch::Tensor embeddings = torch::cat({prefix(z, observer), tokens.to(z.scalar_type())}, 1);
    const Positions at = causal_positions(sentences.lengths, sentences.width(), z.device());
    const Pass pass{at, nullptr, observer};
    const torch::Tensor hidden = model_.hidden(embeddings, pass).flatten(0, 1);
    return model_.logits(hidden.index_select(0, sentences.real_places()), pass);
  }

  std::unique_ptr<TokenStream> begin(const torch::Tensor& z, ComputeObserver* observer) const override {
    const std::vector<std::int64_t> lengths(static_cast<std::size_t>(z.size(0)), 1);
    return stream_tokens(model_, prefix(z, observer), lengths, kExpectedTokens, observer);
  }

 private:
  torch::Tensor prefix(const torch::Tensor& z /*[N,Z]*/, ComputeObserver* observer) const {
    return bottleneck_.prefix(z, {single_positions(z.size(0)), nullptr, observer}).unsqueeze(1);  // [N,1,D]
  }

  const LanguageModel& model_;
  const Bottleneck& bottleneck_;
};

}  // namespace

std::unique_ptr<SentenceDecoder> make_prefix_decoder(const LanguageModel& model, const Bottleneck& bottleneck) {
  return std::make_unique<PrefixDecoder>(model, bottleneck);
}

DecodingScore score_decoding(const SentenceDecoder& decoder, const torch::Tensor& z, const Sentences& sentences) {
  const torch::Tensor logits = decoder.logits(z, sentences);
  const torch::Tensor tokens = sentences.real_tokens();
  const torch::Tensor wrong = (logits.detach().argmax(-1) != tokens).to(torch::kLong);
  const torch::Tensor rows = sentences.real_places().div(sentences.width(), "floor");
  const torch::Tensor mistakes = torch::zeros({sentences.count()}, torch::kLong).index_add(0, rows, wrong);
  return {token_cross_entropy(logits, tokens), mistakes == 0};
}

}  // namespace noema
