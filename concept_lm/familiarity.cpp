#include "concept_lm/familiarity.h"

#include <torch/torch.h>

namespace noema {

void FamiliarityConfig::fields(Fields& fields) {
  fields.add("latent_width", latent_width, {1, 1 << 16}, "of the embeddings");
  fields.add("most", most, {0.0, 1e6}, "the distance up to which a question is familiar");
  fields.add("examples", examples, "questions that the model learnt");
}

Familiarity::Familiarity(const FamiliarityConfig& config, WeightScope weights)
    : config_(config),
      mean_(weights.get("mean", {config.latent_width}, Init::zeros()).to(torch::kFloat32)),
      whitening_(
          weights.get("whitening", {config.latent_width, config.latent_width}, Init::zeros()).to(torch::kFloat32)),
      examples_(weights.get("examples", {std::ssize(config.examples), config.latent_width}, Init::zeros())
                    .to(torch::kFloat32)) {}

torch::Tensor Familiarity::whitened(const torch::Tensor& first_concepts) const {
  return at::matmul(first_concepts.to(mean_.options()) - mean_, whitening_);
}

torch::Tensor Familiarity::distances(const torch::Tensor& whitened) { return whitened.square().mean(1).sqrt(); }

const std::string& Familiarity::nearest(const torch::Tensor& whitened) const {
  const auto place = (examples_ - whitened).square().sum(1).argmin().item<std::int64_t>();
  return config_.examples[static_cast<std::size_t>(place)];
}

}  // namespace noema
