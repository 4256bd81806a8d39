#include "concept_lm/concept_head.h"

#include <torch/torch.h>

namespace noema {
namespace {

Positions one_each(const torch::Tensor& x) { return single_positions(x.size(0)); }

class DecodingHead final : public ConceptHead {
 public:
  DecodingHead(std::int64_t width, std::int64_t latent_width, WeightScope weights, const DecodingHeadOptions& options)
      : options_(options), projection_(weights, width, latent_width) {}

  Concept predict(const torch::Tensor& hidden, ComputeObserver* observer) const override {
    return {projection_(hidden, {one_each(hidden), nullptr, observer}), hidden};
  }

  LossTerms loss(const ConceptTarget& target) const override {
    const torch::Tensor predicted =
        dropout(predict(target.hidden, nullptr).embedding, target.dropout, target.generator);
    const torch::Tensor logits = target.decoder.logits(predicted, target.sentences);
    return {{"decoding", token_cross_entropy(logits, target.sentences.real_tokens())},
            {"contrast", info_nce(target.hidden, target.input, options_.temperature, target.sentence_numbers),
             options_.contrast_weight}};
  }

 private:
  DecodingHeadOptions options_;
  Projection projection_;
};

class RegressionHead final : public ConceptHead {
 public:
  RegressionHead(std::int64_t width, std::int64_t latent_width, WeightScope weights, const Projection& to_input)
      : projection_(weights, width, latent_width), to_input_(to_input) {}

  Concept predict(const torch::Tensor& hidden, ComputeObserver* observer) const override {
    const Positions at = one_each(hidden);
    const torch::Tensor embedding = projection_(hidden, {at, nullptr, observer});
    return {embedding, to_input_(embedding, {at, nullptr, observer})};
  }

  LossTerms loss(const ConceptTarget& target) const override {
    const torch::Tensor embedding = projection_(target.hidden, {one_each(target.hidden)});
    return {{"regression", at::mse_loss(embedding, target.embedding.detach())}};
  }

 private:
  Projection projection_;
  const Projection& to_input_;
};

}  // namespace

std::unique_ptr<ConceptHead> make_decoding_head(std::int64_t width, std::int64_t latent_width, WeightScope weights,
                                                const DecodingHeadOptions& options) {
  return std::make_unique<DecodingHead>(width, latent_width, weights, options);
}

std::unique_ptr<ConceptHead> make_regression_head(std::int64_t width, std::int64_t latent_width, WeightScope weights,
                                                  const Projection& to_input) {
  return std::make_unique<RegressionHead>(width, latent_width, weights, to_input);
}

torch::Tensor dropout(const torch::Tensor& x, double p, at::Generator& generator) {
  if (p <= 0.0) return x;
  torch::Tensor kept = torch::empty(x.sizes(), torch::kFloat32);
  kept.bernoulli_(1.0 - p, generator);
  return x * kept.to(x.options().requires_grad(false)) / (1.0 - p);
}

}  // namespace noema
