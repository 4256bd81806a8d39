#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "concept_lm/concept_head.h"
#include "concept_lm/projection.h"
#include "nn/model/hidden_stream.h"
#include "sentence_vae/batch.h"

namespace noema {

/// The shape of a concept model.
struct ConceptConfig {
  explicit ConceptConfig(const LanguageModelConfig& shape = {}, const KindList<HeadKind>& heads = head_kinds());

  LanguageModelConfig model;
  std::int64_t input_width = 0;   ///< Z of the embeddings it reads
  std::int64_t output_width = 0;  ///< Z of the embeddings it predicts
  Choice<HeadKind> head;          ///< decoding

  void fields(Fields& fields);
};

/// Steps of a batch that are read as others: an interchange intervention (Geiger et al., arXiv 2112.00826).
struct Exchange {
  std::vector<std::int64_t> with = {};  ///< for each step one that is predicted no later, mostly itself; empty: none
  double share = 1.0;                   ///< how far each goes over to the other, from 0 to 1

  /// What is read as `steps`, out of the states [N,D] of all.
  torch::Tensor operator()(const torch::Tensor& states, const std::vector<std::int64_t>& steps) const;
};

/// Predicts the embedding of the next sentence from the question's tokens and the sentences so far (the paper, section
/// 3.2). Const after construction; may be shared by threads.
class ConceptModel {
 public:
  ConceptModel(const ConceptConfig& config, WeightScope weights);

  /// Sentence embeddings [N,Z] in the input space [N,D].
  torch::Tensor inputs(const torch::Tensor& z, ComputeObserver* observer = nullptr) const;

  /// Hidden states, flattened [B*T,D], of the questions' tokens and behind them of the steps but the last, read as
  /// `inputs` [N,D] (teacher forcing: one pass over everything). `layers`: how many are run; -1: all.
  torch::Tensor states(const ReasoningBatch& batch, const torch::Tensor& inputs, std::int64_t layers = -1,
                       ComputeObserver* observer = nullptr) const;

  /// Of such states the one that predicts each step of the batch [N,D].
  torch::Tensor predicting(const torch::Tensor& states, const ReasoningBatch& batch) const;

  /// Both at once.
  torch::Tensor hidden(const ReasoningBatch& batch, const torch::Tensor& inputs) const {
    return predicting(states(batch, inputs), batch);
  }

  /// The same where what the model itself predicts is read: the states that continuous mode comes to when it takes as
  /// many steps as the batch has. Costs little more than the question, and has no gradients.
  /// Where steps are exchanged, what follows them goes on from there.
  torch::Tensor rollout(const ReasoningBatch& batch, const Exchange& exchange = {}) const;

  /// Trajectories in the making: reads questions that are padded on the left. The stream's states [B,D] predict the
  /// next sentences, and inputs [B,D] are appended to it. The model must outlive it.
  HiddenStream begin(const Sentences& questions, ComputeObserver* observer = nullptr) const;

  /// The concepts that a layer's output [N,D] would give if the layers ended there (nostalgebraist's logit lens, for
  /// sentences).
  Concept concepts_at_layer(const torch::Tensor& output) const { return head_->predict(model_.normed(output)); }

  const LanguageModel& backbone() const { return model_; }
  std::int64_t layers() const { return config_.model.transformer.layers; }
  const ConceptHead& head() const { return *head_; }
  const ConceptConfig& config() const { return config_; }

 private:
  ConceptConfig config_;
  LanguageModel model_;
  std::unique_ptr<const Projection> to_input_;
  std::unique_ptr<ConceptHead> head_;
};

}  // namespace noema
