#include <torch/torch.h>

#include "concept_lm/concept_head.h"

namespace noema {
namespace {

class RegressionHead final : public ConceptHead {
 public:
  RegressionHead(const HeadShape& shape, WeightScope weights)
      : projection_(weights, shape.width, shape.latent_width), to_input_(shape.to_input) {}

  Concept predict(const ConceptContext& context) const override {
    const Positions at = single_positions(context.hidden.size(0));
    const torch::Tensor embedding = projection_(context.hidden, {at, nullptr, context.observer});
    return {embedding, to_input_(embedding, {at, nullptr, context.observer})};
  }

  LossTerms loss(const ConceptTarget& target) const override {
    const torch::Tensor& hidden = target.context.hidden;
    const torch::Tensor embedding = projection_(hidden, {single_positions(hidden.size(0))});
    return {{"regression", (embedding - target.embedding.detach()).square().mean()}};
  }

 private:
  Projection projection_;
  const Projection& to_input_;
};

class RegressionKind final : public KindOf<RegressionKind, HeadKind> {
 public:
  std::string name() const override { return "regression"; }
  std::string summary() const override { return "the mean squared error to the true embedding"; }
  std::unique_ptr<ConceptHead> make(const HeadShape& shape, WeightScope weights) const override {
    return std::make_unique<RegressionHead>(shape, weights);
  }
};

}  // namespace

std::unique_ptr<HeadKind> regression_head_kind() { return std::make_unique<RegressionKind>(); }

}  // namespace noema
