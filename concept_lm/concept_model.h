#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "concept_lm/concept_head.h"
#include "concept_lm/projection.h"
#include "concept_lm/rollout.h"
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

/// Predicts the embedding of the next sentence from the question's tokens and the sentences so far (the paper, section
/// 3.2). Const after construction; may be shared by threads.
class ConceptModel {
 public:
  ConceptModel(const ConceptConfig& config, WeightScope weights);

  /// Sentence embeddings [N,Z] in the input space [N,D].
  torch::Tensor inputs(const torch::Tensor& z, ComputeObserver* observer = nullptr) const;

  /// Hidden states, flattened [B*T,D], of the questions' tokens and behind them of the steps but the last, read as
  /// `inputs` [N,D] (teacher forcing: one pass over everything). `layers`: how many are run; nothing: all.
  torch::Tensor states(const ReasoningBatch& batch, const torch::Tensor& inputs,
                       std::optional<std::int64_t> layers = {}, ComputeObserver* observer = nullptr) const;

  /// Of such states the one that predicts each step of the batch [N,D].
  torch::Tensor predicting(const torch::Tensor& states, const ReasoningBatch& batch) const;

  /// Both at once.
  torch::Tensor hidden(const ReasoningBatch& batch, const torch::Tensor& inputs) const {
    return predicting(states(batch, inputs), batch);
  }

  /// What the head predicts the steps of a batch from, where `inputs` [N,D] were read and led to the states [N,D].
  ConceptContext context(const ReasoningBatch& batch, const torch::Tensor& inputs, const torch::Tensor& hidden) const;

  /// The concepts of the steps of a batch where `inputs` [N,D] are read.
  Concept predict(const ReasoningBatch& batch, const torch::Tensor& inputs) const;

  /// The same where the model reads what it predicts itself: the concepts that continuous mode comes to when it takes
  /// as many steps as the batch has. Costs little more than the question, and has no gradients. Where steps are
  /// exchanged, what follows them goes on from there. A head that draws draws for row b from item b of the stream
  /// `seed`.
  Concept rollout(const ReasoningBatch& batch, const Exchange& exchange = {}, std::uint64_t seed = 0) const;

  /// Trajectories in the making: reads questions that are padded on the left. The model must outlive the stream.
  ConceptStream begin(const Sentences& questions, ComputeObserver* observer = nullptr) const;

  /// The concepts that a layer's output [N,D] would give if the layers ended there (nostalgebraist's logit lens, for
  /// sentences). Throws Error for a head that needs more than states.
  Concept concepts_at_layer(const torch::Tensor& output) const;

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
