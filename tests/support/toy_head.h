#pragma once

#include <torch/torch.h>

#include "concept_lm/concept_model.h"

namespace noema {

/// A head that looks at all of its context: it adds a share of the sentences read before, the later the more, and where
/// it draws, a little of each row's own.
class ToyHead final : public ConceptHead {
 public:
  explicit ToyHead(bool draws) : draws_(draws) {}

  Needs needs() const override { return {.sentences_before = true, .randoms = draws_}; }

  Concept predict(const ConceptContext& context) const override {
    const torch::Tensor& before = context.before.inputs;  // [N,S,D]
    const torch::Tensor weight = torch::arange(-before.size(1), 0, torch::kFloat32).exp2().view({1, -1, 1});
    torch::Tensor z = context.hidden + (before * weight).sum(1);
    for (std::int64_t row = 0; draws_ && row < z.size(0); ++row) {
      z[row] += context.randoms[static_cast<std::size_t>(row)]->uniform();
    }
    return {z, z};
  }

  LossTerms loss(const ConceptTarget& target) const override {
    return {{"distance", (predict(target.context).embedding - target.embedding).square().mean()}};
  }

 private:
  bool draws_;
};

class ToyHeadKind final : public KindOf<ToyHeadKind, HeadKind> {
 public:
  explicit ToyHeadKind(bool draws) : draws_(draws) {}
  std::string name() const override { return "toy"; }
  std::string summary() const override { return "looks at everything"; }
  std::unique_ptr<ConceptHead> make(const HeadShape&, WeightScope) const override {
    return std::make_unique<ToyHead>(draws_);
  }

 private:
  bool draws_;
};

/// A concept model of this shape with random weights, and such a head.
inline std::shared_ptr<const ConceptModel> with_toy_head(const LanguageModelConfig& shape, bool draws) {
  KindList<HeadKind> heads = head_kinds();
  heads.add(std::make_unique<ToyHeadKind>(draws));
  ConceptConfig config(shape);
  config.head = Choice<HeadKind>(heads, "toy");
  Weights weights(4);
  return std::make_shared<const ConceptModel>(config, weights);
}

}  // namespace noema
