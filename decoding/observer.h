#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "decoding/trajectory.h"
#include "nn/model/observer.h"

namespace noema {

/// What a run is doing.
enum class Phase {
  prefill,    ///< reading the questions
  reasoning,  ///< from sentence to sentence
  decoding,   ///< writing sentences that the result needs
  view        ///< writing sentences that are only looked at
};

/// The tap into a run. Questions are named by their place in the list that was asked.
class Observer : public ComputeObserver {
 public:
  virtual void on_phase(Phase /*phase*/) {}

  /// From now on row i of every pass belongs to questions[i].
  virtual void on_rows(std::span<const std::size_t> /*questions*/) {}

  /// A sentence was reached; its text is empty if it is not decoded (yet).
  virtual void on_step(std::size_t /*question*/, std::size_t /*index*/, const Step& /*step*/) {}

  virtual void on_finished(std::size_t /*question*/, const Trajectory& /*trajectory*/) {}
};

/// Several observers as one.
class ObserverGroup final : public Observer {
 public:
  explicit ObserverGroup(std::vector<Observer*> observers) : observers_(std::move(observers)) {}

  bool wants_operations() const override;
  void on_linear(const Positions& at, std::int64_t inner, std::int64_t columns) override;
  void on_weights(std::int64_t bytes) override;
  void on_attention(const Positions& at, std::int64_t width) override;
  void on_layer(int layer, const Positions& at, const torch::Tensor& hidden) override;
  bool wants_attention() const override;
  void on_attention_weights(int layer, const Positions& at, const torch::Tensor& weights) override;
  void on_phase(Phase phase) override;
  void on_rows(std::span<const std::size_t> questions) override;
  void on_step(std::size_t question, std::size_t index, const Step& step) override;
  void on_finished(std::size_t question, const Trajectory& trajectory) override;

 private:
  std::vector<Observer*> observers_;
};

}  // namespace noema
