#pragma once

#include <torch/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "decoding/intervention.h"

namespace noema {

/// Where noise is put.
enum class NoisePlace {
  fed_back,  ///< on what goes back into the concept model: the latent itself, or in discretized mode the embedding of
             ///< the text that was read
  written    ///< on the concept, before its sentence is written
};

/// Gaussian noise of `sigma` times a latent's norm, on a share `probability` of the steps (the paper has 0.5).
std::unique_ptr<Intervention> make_noise(NoisePlace place, double sigma, double probability = 1.0);

/// Zeros are fed back.
std::unique_ptr<Intervention> make_zero();

/// The same vector [D] is fed back for every question and step: the mean of all, say.
std::unique_ptr<Intervention> make_constant(torch::Tensor value);

/// Each question is fed back the latent of another that is at the same step, or as near to it as there is one; the last
/// question left gets zeros.
std::unique_ptr<Intervention> make_shuffle();

/// A random vector of the latent's norm is fed back.
std::unique_ptr<Intervention> make_random_direction();

/// From sentence `step` on (from 0), what was fed back then is fed back again and again.
std::unique_ptr<Intervention> make_freeze(std::size_t step);

/// `inner` at sentence `step` only.
std::unique_ptr<Intervention> make_only_at(std::size_t step, std::unique_ptr<Intervention> inner);

/// One after the other; they must outlive it.
std::unique_ptr<Intervention> make_sequence(std::vector<Intervention*> interventions);

/// The concept of sentence `step` is this one, for every question: embedding [Z], input [D].
std::unique_ptr<Intervention> make_replacement(std::size_t step, Concept replacement);

/// A concept for one sentence of one question.
struct PlacedConcept {
  std::size_t step = 0;
  Concept replacement;  ///< embedding [Z], input [D]
};

/// Each question, by its place in the list asked, gets its own replacement; nothing: it is left alone.
std::unique_ptr<Intervention> make_replacements(std::vector<std::optional<PlacedConcept>> by_question);

/// Changes nothing, and sums up what is fed back.
class FeedbackMean final : public Intervention {
 public:
  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override;

  /// The mean [D] of everything fed back so far. Throws Error when there was nothing.
  torch::Tensor mean() const;

 private:
  torch::Tensor sum_;
  double count_ = 0.0;
};

}  // namespace noema
