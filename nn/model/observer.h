#pragma once

#include <torch/types.h>

#include <cstdint>

namespace noema {

struct Positions;

/// The tap into the computation of a model: told of every operation that costs, and of every layer's output. Observing
/// never changes a result. A null pointer stands for nobody watching, and costs nothing.
class ComputeObserver {
 public:
  virtual ~ComputeObserver() = default;

  /// Whether every operation must be told of. Where nobody needs that, an accelerator may take several steps in one, of
  /// which nothing is told.
  virtual bool wants_operations() const { return true; }

  /// A matrix product with a weight of [columns, inner], for every position of `at`.
  virtual void on_linear(const Positions& /*at*/, std::int64_t /*inner*/, std::int64_t /*columns*/) {}

  /// How many bytes of weights such a product reads, whatever the number of positions.
  virtual void on_weights(std::int64_t /*bytes*/) {}

  /// Scores and weighted values of `width` columns each, for every query and the keys that it sees.
  virtual void on_attention(const Positions& /*at*/, std::int64_t /*width*/) {}

  /// The output of a layer (0 is the first) [B,T,D], before the final norm.
  virtual void on_layer(int /*layer*/, const Positions& /*at*/, const torch::Tensor& /*hidden*/) {}

  /// Whether on_attention_weights() is to be told: the weights are computed for that alone.
  virtual bool wants_attention() const { return false; }

  /// How the last position of each row looks back [B,H,K]; padding has no weight.
  virtual void on_attention_weights(int /*layer*/, const Positions& /*at*/, const torch::Tensor& /*weights*/) {}
};

}  // namespace noema
