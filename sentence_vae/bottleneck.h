#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>

#include "base/kinds.h"
#include "nn/model/layers.h"
#include "sentence_vae/losses.h"

namespace noema {

/// What an encoder says of a sentence: one point, or a normal distribution around it.
struct Posterior {
  torch::Tensor mean;                         ///< [N,Z]
  std::optional<torch::Tensor> log_variance;  ///< [N,Z]; nothing for a deterministic autoencoder
};

/// Between the encoder's hidden states and the sentence embeddings.
class Bottleneck {
 public:
  virtual ~Bottleneck() = default;

  virtual Posterior posterior(const torch::Tensor& hidden /*[N,D]*/, const Pass& pass) const = 0;

  /// What the decoder's prefix position gets for an embedding: [N,D] of [N,Z].
  virtual torch::Tensor prefix(const torch::Tensor& z, const Pass& pass) const = 0;

  virtual std::int64_t latent_width() const = 0;

  /// What is added to an autoencoder's loss.
  virtual LossTerms losses(const Posterior& /*posterior*/) const { return {}; }
};

/// How the bottleneck of an autoencoder is made.
class BottleneckKind : public Kind {
 public:
  virtual std::unique_ptr<BottleneckKind> clone() const = 0;
  virtual std::unique_ptr<Bottleneck> make(std::int64_t width, WeightScope weights) const = 0;

  /// Z, in a model of such a width.
  virtual std::int64_t latent_width(std::int64_t width) const = 0;
};

/// z is the hidden state itself (the paper, section 3.1).
std::unique_ptr<BottleneckKind> identity_bottleneck_kind();

/// A normal distribution of Z dimensions, by linear maps (SentenceVAE, arXiv 2408.00655, with VAE's
/// reparameterization).
std::unique_ptr<BottleneckKind> gaussian_bottleneck_kind();

/// The kinds of bottleneck that there are; add one here.
KindList<BottleneckKind> bottleneck_kinds();

/// A draw from the posterior; its mean when it has no variance.
torch::Tensor sample(const Posterior& posterior, at::Generator& generator);

}  // namespace noema
