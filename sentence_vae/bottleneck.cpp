#include "sentence_vae/bottleneck.h"

#include <torch/torch.h>

namespace noema {
namespace {

class IdentityBottleneck final : public Bottleneck {
 public:
  explicit IdentityBottleneck(std::int64_t width) : width_(width) {}

  Posterior posterior(const torch::Tensor& hidden, const Pass&) const override { return {hidden, std::nullopt}; }
  torch::Tensor prefix(const torch::Tensor& z, const Pass&) const override { return z; }
  std::int64_t latent_width() const override { return width_; }

 private:
  std::int64_t width_;
};

class GaussianBottleneck final : public Bottleneck {
 public:
  GaussianBottleneck(std::int64_t width, std::int64_t latent_width, WeightScope weights)
      : latent_width_(latent_width),
        posterior_(weights / "posterior", width, 2 * latent_width, true),
        prefix_(weights / "prefix", latent_width, width, true) {}

  Posterior posterior(const torch::Tensor& hidden, const Pass& pass) const override {
    const auto halves = posterior_(hidden, pass).chunk(2, -1);
    return {halves[0], halves[1]};
  }
  torch::Tensor prefix(const torch::Tensor& z, const Pass& pass) const override { return prefix_(z, pass); }
  std::int64_t latent_width() const override { return latent_width_; }

 private:
  std::int64_t latent_width_;
  Linear posterior_;
  Linear prefix_;
};

}  // namespace

std::unique_ptr<Bottleneck> make_identity_bottleneck(std::int64_t width) {
  return std::make_unique<IdentityBottleneck>(width);
}

std::unique_ptr<Bottleneck> make_gaussian_bottleneck(std::int64_t width, std::int64_t latent_width,
                                                     WeightScope weights) {
  return std::make_unique<GaussianBottleneck>(width, latent_width, weights);
}

torch::Tensor sample(const Posterior& posterior, at::Generator& generator) {
  if (!posterior.log_variance) return posterior.mean;
  const torch::Tensor noise = at::normal(0.0, 1.0, posterior.mean.sizes(), generator);
  return posterior.mean + noise.to(posterior.mean.options()) * (0.5 * *posterior.log_variance).exp();
}

}  // namespace noema
