#include "sentence_vae/encoder.h"

#include <torch/torch.h>

#include "nn/token_stream.h"

namespace noema {
namespace {

/// Hidden states of sentences that are padded on the right, flattened [N*Ts,D].
torch::Tensor hidden_states(const LanguageModel& model, const Sentences& sentences, ComputeObserver* observer) {
  const Positions at = causal_positions(sentences.lengths, sentences.width(), sentences.ids.device());
  return model.hidden(model.embed(sentences.ids), {at, nullptr, observer}).flatten(0, 1);
}

torch::Tensor mean_of(const Bottleneck& bottleneck, const torch::Tensor& hidden, ComputeObserver* observer) {
  return bottleneck.posterior(hidden, {single_positions(hidden.size(0)), nullptr, observer}).mean;
}

class SemanticEncoder final : public SentenceEncoder {
 public:
  SemanticEncoder(const LanguageModel& model, const Bottleneck& bottleneck) : model_(model), bottleneck_(bottleneck) {}

  torch::Tensor states(const ReasoningBatch& batch, ComputeObserver* observer) const override {
    return hidden_states(model_, batch.steps, observer);
  }

  Posterior posterior(const torch::Tensor& states, const ReasoningBatch& batch,
                      ComputeObserver* observer) const override {
    const torch::Tensor at_newline = states.index_select(0, batch.steps.last_places());
    return bottleneck_.posterior(at_newline, {single_positions(batch.steps_count()), nullptr, observer});
  }

  std::unique_ptr<SentenceReader> begin(const Sentences&, ComputeObserver* observer) const override {
    return std::make_unique<Reader>(*this, observer);
  }

 private:
  class Reader final : public SentenceReader {
   public:
    Reader(const SemanticEncoder& encoder, ComputeObserver* observer) : encoder_(encoder), observer_(observer) {}

    torch::Tensor read(const Sentences& sentences) override {
      const torch::Tensor hidden = hidden_states(encoder_.model_, sentences, observer_);
      return mean_of(encoder_.bottleneck_, hidden.index_select(0, sentences.last_places()), observer_);
    }
    void keep(const std::vector<std::int64_t>&) override {}

   private:
    const SemanticEncoder& encoder_;
    ComputeObserver* observer_;
  };

  const LanguageModel& model_;
  const Bottleneck& bottleneck_;
};

class ContextualEncoder final : public SentenceEncoder {
 public:
  ContextualEncoder(const LanguageModel& model, const Bottleneck& bottleneck)
      : model_(model), bottleneck_(bottleneck) {}

  torch::Tensor states(const ReasoningBatch& batch, ComputeObserver* observer) const override {
    return text_states(model_, batch, observer);
  }

  Posterior posterior(const torch::Tensor& states, const ReasoningBatch& batch,
                      ComputeObserver* observer) const override {
    const torch::Tensor before = states.index_select(0, batch.places_before);
    return bottleneck_.posterior(before, {single_positions(batch.steps_count()), nullptr, observer});
  }

  std::unique_ptr<SentenceReader> begin(const Sentences& questions, ComputeObserver* observer) const override {
    return std::make_unique<Reader>(*this, questions, observer);
  }

 private:
  /// Keeps the state at the newline that ends each text: it is the embedding of whatever sentence comes next.
  class Reader final : public SentenceReader {
   public:
    Reader(const ContextualEncoder& encoder, const Sentences& questions, ComputeObserver* observer)
        : encoder_(encoder),
          observer_(observer),
          cache_(encoder.model_.make_cache(questions.count(), 2 * questions.width())) {
      state_ = extend(questions, Padding::left).select(1, -1);
    }

    torch::Tensor read(const Sentences& sentences) override {
      if (unread_) catch_up();
      unread_ = sentences;
      return mean_of(encoder_.bottleneck_, state_, observer_);
    }

    void keep(const std::vector<std::int64_t>& rows) override {
      const torch::Tensor index = torch::tensor(rows, torch::kLong);
      cache_.keep(rows);
      state_ = state_.index_select(0, index);
      if (!unread_) return;
      std::vector<std::int64_t> lengths;
      for (std::int64_t row : rows) lengths.push_back(unread_->lengths[static_cast<std::size_t>(row)]);
      unread_ = Sentences{unread_->ids.index_select(0, index), std::move(lengths)};
    }

   private:
    torch::Tensor extend(const Sentences& text, Padding padding) {
      const Positions at = cache_.extend(text.lengths, text.width(), padding);
      return encoder_.model_.hidden(encoder_.model_.embed(text.ids), {at, &cache_, observer_});
    }

    /// The last sentence is read only when another follows it.
    void catch_up() {
      state_ = extend(*unread_, Padding::right).flatten(0, 1).index_select(0, unread_->last_places());
      unread_.reset();
    }

    const ContextualEncoder& encoder_;
    ComputeObserver* observer_;
    KvCache cache_;
    torch::Tensor state_;  // [B,D]
    std::optional<Sentences> unread_;
  };

  const LanguageModel& model_;
  const Bottleneck& bottleneck_;
};

}  // namespace

std::unique_ptr<SentenceEncoder> make_semantic_encoder(const LanguageModel& model, const Bottleneck& bottleneck) {
  return std::make_unique<SemanticEncoder>(model, bottleneck);
}

std::unique_ptr<SentenceEncoder> make_contextual_encoder(const LanguageModel& model, const Bottleneck& bottleneck) {
  return std::make_unique<ContextualEncoder>(model, bottleneck);
}

}  // namespace noema
