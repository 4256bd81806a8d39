#include <torch/torch.h>

#include "concept_lm/concept_head.h"

namespace noema {
namespace {

struct DecodingHeadOptions {
  double contrast_weight = 1.0;
  double temperature = 0.1;
};

class DecodingHead final : public ConceptHead {
 public:
  DecodingHead(const DecodingHeadOptions& options, const HeadShape& shape, WeightScope weights)
      : options_(options), projection_(weights, shape.width, shape.latent_width) {}

  Concept predict(const ConceptContext& context) const override {
    const torch::Tensor& hidden = context.hidden;
    return {projection_(hidden, {single_positions(hidden.size(0)), nullptr, context.observer}), hidden};
  }

  LossTerms loss(const ConceptTarget& target) const override {
    const torch::Tensor hidden = dropout(target.context.hidden, target.dropout, target.generator);
    const torch::Tensor predicted = projection_(hidden, {single_positions(hidden.size(0))});
    const torch::Tensor logits = target.decoder.logits(predicted, target.sentences);
    return {{"decoding", token_cross_entropy(logits, target.sentences.real_tokens())},
            {"contrast", info_nce(target.context.hidden, target.input, options_.temperature, target.sentence_numbers),
             options_.contrast_weight}};
  }

 private:
  DecodingHeadOptions options_;
  Projection projection_;
};

class DecodingKind final : public KindOf<DecodingKind, HeadKind> {
 public:
  std::string name() const override { return "decoding"; }
  std::string summary() const override {
    return "learns through the decoder, and that its state can be the next input";
  }
  void fields(Fields& fields) override {
    if (fields.purpose() == Fields::Purpose::model) return;
    fields.add("contrast_weight", options_.contrast_weight, {0.0, 100.0}, "of InfoNCE (λ)");
    fields.add("temperature", options_.temperature, {1e-3, 100.0}, "of InfoNCE (τ)");
  }
  std::unique_ptr<ConceptHead> make(const HeadShape& shape, WeightScope weights) const override {
    return std::make_unique<DecodingHead>(options_, shape, weights);
  }

 private:
  DecodingHeadOptions options_;
};

}  // namespace

std::unique_ptr<HeadKind> decoding_head_kind() { return std::make_unique<DecodingKind>(); }

}  // namespace noema
