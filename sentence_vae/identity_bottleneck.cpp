#include "sentence_vae/bottleneck.h"

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

class IdentityKind final : public KindOf<IdentityKind, BottleneckKind> {
 public:
  std::string name() const override { return "identity"; }
  std::string summary() const override { return "the embedding is the hidden state itself"; }
  std::unique_ptr<Bottleneck> make(std::int64_t width, WeightScope) const override {
    return std::make_unique<IdentityBottleneck>(width);
  }
  std::int64_t latent_width(std::int64_t width) const override { return width; }
};

}  // namespace

std::unique_ptr<BottleneckKind> identity_bottleneck_kind() { return std::make_unique<IdentityKind>(); }

}  // namespace noema
