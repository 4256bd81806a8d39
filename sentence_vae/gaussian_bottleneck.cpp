#include <torch/torch.h>

#include "sentence_vae/bottleneck.h"

namespace noema {
namespace {

class GaussianBottleneck final : public Bottleneck {
 public:
  GaussianBottleneck(std::int64_t width, std::int64_t latent_width, double kl_weight, WeightScope weights)
      : latent_width_(latent_width),
        kl_weight_(kl_weight),
        posterior_(weights / "posterior", width, 2 * latent_width, true),
        prefix_(weights / "prefix", latent_width, width, true) {}

  Posterior posterior(const torch::Tensor& hidden, const Pass& pass) const override {
    const auto halves = posterior_(hidden, pass).chunk(2, -1);
    return {halves[0], halves[1]};
  }
  torch::Tensor prefix(const torch::Tensor& z, const Pass& pass) const override { return prefix_(z, pass); }
  std::int64_t latent_width() const override { return latent_width_; }
  LossTerms losses(const Posterior& posterior) const override {
    return {{"kl", gaussian_kl(posterior.mean, *posterior.log_variance), kl_weight_}};
  }

 private:
  std::int64_t latent_width_;
  double kl_weight_;
  Linear posterior_;
  Linear prefix_;
};

class GaussianKind final : public KindOf<GaussianKind, BottleneckKind> {
 public:
  std::string name() const override { return "gaussian"; }
  std::string summary() const override { return "the embedding is drawn from a normal distribution"; }
  void fields(Fields& fields) override {
    fields.add("latent_width", latent_width_, {0, 1 << 16}, "of the embedding; 0: the model's width");
    if (fields.purpose() == Fields::Purpose::model) return;
    fields.add("kl_weight", kl_weight_, {0.0, 100.0}, "of the divergence from the standard normal");
  }
  std::unique_ptr<Bottleneck> make(std::int64_t width, WeightScope weights) const override {
    return std::make_unique<GaussianBottleneck>(width, latent_width(width), kl_weight_, weights);
  }
  std::int64_t latent_width(std::int64_t width) const override { return latent_width_ > 0 ? latent_width_ : width; }

 private:
  std::int64_t latent_width_ = 0;
  double kl_weight_ = 0.0;
};

}  // namespace

std::unique_ptr<BottleneckKind> gaussian_bottleneck_kind() { return std::make_unique<GaussianKind>(); }

}  // namespace noema
