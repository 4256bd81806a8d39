#include "training/stages/autoencoder_stage.h"

#include <torch/torch.h>

#include "concept_lm/concept_head.h"
#include "training/stages/chain_stage.h"

namespace noema {
namespace {

class AutoencoderTraining final : public Stage {
 public:
  AutoencoderTraining(const Autoencoder& autoencoder, const Autoencoder* semantic, const AutoencoderStage& options)
      : autoencoder_(autoencoder), semantic_(semantic), options_(options) {}

  LossTerms loss(const ReasoningBatch& batch, at::Generator& generator) const override {
    const torch::Tensor states = autoencoder_.encoder().states(batch);
    const Posterior posterior = autoencoder_.encoder().posterior(states, batch);
    const torch::Tensor z = sample(posterior, generator);
    const torch::Tensor logits =
        autoencoder_.decoder().logits(dropout(z, options_.prefix_dropout, generator), batch.steps);
    LossTerms terms = {{"decoding", token_cross_entropy(logits, batch.steps.real_tokens())}};
    if (options_.contrast_weight > 0.0) terms.push_back(alignment(z, batch));
    if (posterior.log_variance) {
      terms.push_back({"kl", gaussian_kl(posterior.mean, *posterior.log_variance), options_.kl_weight});
    }
    if (options_.readout_weight > 0.0) {
      terms.push_back({"readout", autoencoder_.readout()->loss(z, batch.steps), options_.readout_weight});
    }
    if (options_.chain_weight > 0.0) {
      const torch::Tensor scores = chain_logits(autoencoder_.backbone(), states, batch);
      terms.push_back({"chain", token_cross_entropy(scores, batch.steps.real_tokens()), options_.chain_weight});
    }
    if (options_.hint_weight > 0.0) {
      terms.push_back({"hints", hint_loss(autoencoder_.backbone(), states, batch), options_.hint_weight});
    }
    return terms;
  }

  Counts measure(const ReasoningBatch& batch) const override {
    const torch::Tensor states = autoencoder_.encoder().states(batch);
    const torch::Tensor z = autoencoder_.encoder().posterior(states, batch).mean;
    Counts counts;
    count_exact(counts, "", score_decoding(autoencoder_.decoder(), z, batch.steps).exact, batch);
    if (options_.chain_weight > 0.0) {
      count_exact(counts, "chain ", exact_sentences(chain_logits(autoencoder_.backbone(), states, batch), batch.steps),
                  batch);
    }
    return counts;
  }

  std::string selected_by() const override { return "steps"; }

  std::string sample(const ReasoningBatch& batch, const Tokenizer& tokenizer) const override {
    return sample_decoding(autoencoder_.decoder(), autoencoder_.encoder().encode(batch).mean, batch, tokenizer);
  }

 private:
  static torch::Tensor sample(const Posterior& posterior, at::Generator& generator) {
    return noema::sample(posterior, generator);
  }

  LossTerm alignment(const torch::Tensor& z, const ReasoningBatch& batch) const {
    torch::Tensor target;
    {
      const torch::NoGradGuard frozen;
      target = semantic_->encoder().encode(batch).mean;
    }
    return {"contrast", info_nce(z, target, options_.temperature, batch.text_numbers), options_.contrast_weight};
  }

  const Autoencoder& autoencoder_;
  const Autoencoder* semantic_;
  AutoencoderStage options_;
};

}  // namespace

std::unique_ptr<Stage> make_autoencoder_stage(const Autoencoder& autoencoder, const Autoencoder* semantic,
                                              const AutoencoderStage& options) {
  return std::make_unique<AutoencoderTraining>(autoencoder, semantic, options);
}

}  // namespace noema
