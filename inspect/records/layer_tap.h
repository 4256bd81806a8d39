#pragma once

#include <torch/types.h>

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "decoding/observer.h"

namespace noema {

/// What the layers of the concept model put out where a sentence was predicted.
struct LayerOutputs {
  torch::Tensor hidden;     ///< [L,D], before the final norm
  torch::Tensor attention;  ///< [L,H,K] over the K tokens and sentences so far; undefined unless asked for
};

/// Keeps the layers' outputs of every sentence of the latent modes, until they are taken.
class LayerTap final : public Observer {
 public:
  explicit LayerTap(bool with_attention = false) : with_attention_(with_attention) {}

  void on_phase(Phase phase) override { phase_ = phase; }
  void on_rows(std::span<const std::size_t> questions) override { rows_.assign(questions.begin(), questions.end()); }
  void on_layer(int layer, const Positions& at, const torch::Tensor& hidden) override;
  bool wants_attention() const override { return with_attention_ && is_reasoning(); }
  void on_attention_weights(int layer, const Positions& at, const torch::Tensor& weights) override;
  void on_step(std::size_t question, std::size_t index, const Step& step) override;
  void on_finished(std::size_t question, const Trajectory&) override { last_.erase(question); }

  /// Of one sentence; null when it was not predicted by a concept model.
  const LayerOutputs* find(std::size_t question, std::size_t step) const;

  /// Forgets everything kept.
  void clear() { kept_.clear(); }

 private:
  bool is_reasoning() const { return phase_ == Phase::prefill || phase_ == Phase::reasoning; }

  /// What the layers put out in the pass that a question was last part of: in discretized mode the encoder reads before
  /// the concept model does.
  struct LastPass {
    std::vector<torch::Tensor> hidden;     // by layer [D]
    std::vector<torch::Tensor> attention;  // by layer [H,K]
  };

  bool with_attention_;
  Phase phase_ = Phase::prefill;
  std::vector<std::size_t> rows_;
  std::map<std::size_t, LastPass> last_;  // by question
  std::map<std::pair<std::size_t, std::size_t>, LayerOutputs> kept_;
};

}  // namespace noema
