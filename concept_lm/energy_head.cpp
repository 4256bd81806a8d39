#include <torch/torch.h>

#include "concept_lm/concept_head.h"

namespace noema {
namespace {

struct EnergyHeadOptions {
  std::int64_t noise_width = 32;
  std::int64_t draws = 8;
  double exponent = 1.0;
};

/// Uniform noise in [-0.5, 0.5) by each row's own numbers: [N,width]. Without any it is zero, the middle of the draws.
torch::Tensor row_noise(std::span<Random* const> randoms, std::int64_t rows, std::int64_t width,
                        const torch::TensorOptions& options) {
  torch::Tensor noise = torch::zeros({rows, width});
  auto values = noise.accessor<float, 2>();
  for (std::size_t row = 0; row < randoms.size(); ++row) {
    for (std::int64_t i = 0; i < width; ++i) {
      values[static_cast<std::int64_t>(row)][i] = static_cast<float>(randoms[row]->uniform() - 0.5);
    }
  }
  return noise.to(options);
}

class EnergyHead final : public ConceptHead {
 public:
  EnergyHead(const EnergyHeadOptions& options, const HeadShape& shape, WeightScope weights)
      : options_(options),
        noise_(weights / "noise", options.noise_width, shape.width, false, 0.05),
        projection_(weights, shape.width, shape.latent_width),
        to_input_(shape.to_input) {}

  Needs needs() const override { return {.randoms = true}; }

  Concept predict(const ConceptContext& context) const override {
    const torch::Tensor& hidden = context.hidden;
    const torch::Tensor noise =
        row_noise(context.randoms, hidden.size(0), options_.noise_width, hidden.options().requires_grad(false));
    const Positions at = single_positions(hidden.size(0));
    const torch::Tensor embedding = drawn(hidden, noise, {at, nullptr, context.observer});
    return {embedding, to_input_(embedding, {at, nullptr, context.observer})};
  }

  LossTerms loss(const ConceptTarget& target) const override {
    const torch::Tensor hidden = dropout(target.context.hidden, target.dropout, target.generator);
    const std::int64_t rows = hidden.size(0);
    const torch::Tensor noise = at::rand({options_.draws * rows, options_.noise_width}, target.generator) - 0.5;
    const torch::Tensor draws =
        drawn(hidden.repeat({options_.draws, 1}), noise.to(hidden.options().requires_grad(false)),
              {single_positions(options_.draws * rows)});
    return {
        {"energy", energy_score(draws.view({options_.draws, rows, -1}), target.embedding.detach(), options_.exponent)}};
  }

 private:
  torch::Tensor drawn(const torch::Tensor& hidden, const torch::Tensor& noise, const Pass& pass) const {
    return projection_(hidden + noise_(noise, pass), pass);
  }

  EnergyHeadOptions options_;
  Linear noise_;
  Projection projection_;
  const Projection& to_input_;
};

class EnergyKind final : public KindOf<EnergyKind, HeadKind> {
 public:
  std::string name() const override { return "energy"; }
  std::string summary() const override { return "draws embeddings in one step, and learns by their energy score"; }
  void fields(Fields& fields) override {
    fields.add("noise_width", options_.noise_width, {1, 4096}, "of the noise that a draw begins with");
    if (fields.purpose() == Fields::Purpose::model) return;
    fields.add("draws", options_.draws, {2, 64}, "of each sentence, to learn from");
    fields.add("exponent", options_.exponent, {0.1, 1.9}, "of distances (α)");
  }
  std::unique_ptr<ConceptHead> make(const HeadShape& shape, WeightScope weights) const override {
    return std::make_unique<EnergyHead>(options_, shape, weights);
  }

 private:
  EnergyHeadOptions options_;
};

}  // namespace

std::unique_ptr<HeadKind> energy_head_kind() { return std::make_unique<EnergyKind>(); }

}  // namespace noema
