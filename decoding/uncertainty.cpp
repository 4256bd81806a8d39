#include "decoding/uncertainty.h"

#include <torch/torch.h>

#include "base/error.h"
#include "decoding/sampling.h"

namespace noema {
namespace {

/// Entropy of what the decoder would write first.
class FirstTokenUncertainty final : public Uncertainty {
 public:
  explicit FirstTokenUncertainty(const Bundle& bundle) : decoder_(bundle.writing().decoder()) {}

  torch::Tensor of(const torch::Tensor& z, ComputeObserver* observer) const override {
    return entropy(decoder_.begin(z, observer)->logits());
  }

 private:
  const SentenceDecoder& decoder_;
};

/// Mean entropy of the tokens that are read straight off the concept.
class ReadoutUncertainty final : public Uncertainty {
 public:
  explicit ReadoutUncertainty(const Bundle& bundle) : readout_(bundle.writing().readout()) {
    if (!readout_) {
      throw Error(
          {bundle.where, "a model that was trained with a readout", "one without", "use another --uncertainty"});
    }
  }

  torch::Tensor of(const torch::Tensor& z, ComputeObserver* observer) const override {
    return entropy(readout_->logits(z, observer)).mean(1);
  }

 private:
  const Readout* readout_;
};

/// Entropy of the decision whether to stop.
class StopUncertainty final : public Uncertainty {
 public:
  explicit StopUncertainty(const Bundle& bundle) : head_(bundle.need_stop()) {}

  torch::Tensor of(const torch::Tensor& z, ComputeObserver* observer) const override {
    const torch::Tensor score = head_(z, observer);
    return entropy(torch::stack({torch::zeros_like(score), score}, -1));
  }

 private:
  const StopHead& head_;
};

}  // namespace

std::unique_ptr<Uncertainty> make_uncertainty(const Bundle& bundle, UncertaintyMeasure measure) {
  switch (measure) {
    case UncertaintyMeasure::first_token:
      return std::make_unique<FirstTokenUncertainty>(bundle);
    case UncertaintyMeasure::readout:
      return std::make_unique<ReadoutUncertainty>(bundle);
    case UncertaintyMeasure::stop:
      break;
  }
  return std::make_unique<StopUncertainty>(bundle);
}

}  // namespace noema
