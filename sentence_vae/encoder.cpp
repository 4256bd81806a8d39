#include "sentence_vae/encoder.h"

#include <torch/torch.h>

#include <algorithm>
#include <numeric>

#include "nn/model/positions.h"

namespace noema {
namespace {

/// Hidden states of sentences that are padded on the right, flattened [N*Ts,D].
torch::Tensor hidden_states(const LanguageModel& model, const Sentences& sentences, ComputeObserver* observer) {
  const Positions at = causal_positions(sentences.lengths, sentences.width(), model.device());
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
    const torch::Tensor at_newline = states.index_select(0, batch.steps.last_places(states.device()));
    return bottleneck_.posterior(at_newline, {single_positions(batch.steps_count()), nullptr, observer});
  }

  std::unique_ptr<SentenceReader> begin(const Sentences&, ComputeObserver* observer) const override {
    return std::make_unique<Reader>(*this, observer);
  }

  bool has_room(std::int64_t, const std::vector<std::int64_t>& sentences) const override {
    const std::int64_t longest = sentences.empty() ? 0 : *std::max_element(sentences.begin(), sentences.end());
    return longest <= model_.config().transformer.max_positions;
  }

  std::int64_t cache_bytes(std::int64_t) const override { return 0; }  // each sentence is read by itself

 private:
  class Reader final : public SentenceReader {
   public:
    Reader(const SemanticEncoder& encoder, ComputeObserver* observer) : encoder_(encoder), observer_(observer) {}

    torch::Tensor read(const std::vector<TokenIds>& spans) override {
      const Sentences sentences = pad(spans);
      const torch::Tensor hidden = hidden_states(encoder_.model_, sentences, observer_);
      return mean_of(encoder_.bottleneck_, hidden.index_select(0, sentences.last_places(hidden.device())), observer_);
    }
    void keep(const std::vector<std::int64_t>&) override {}
    void start(const Sentences&) override {}

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
    const torch::Tensor before = states.index_select(0, batch.places_before.to(states.device()));
    return bottleneck_.posterior(before, {single_positions(batch.steps_count()), nullptr, observer});
  }

  std::unique_ptr<SentenceReader> begin(const Sentences& questions, ComputeObserver* observer) const override {
    return std::make_unique<Reader>(*this, questions, observer);
  }

  bool has_room(std::int64_t question, const std::vector<std::int64_t>& sentences) const override {
    return std::accumulate(sentences.begin(), sentences.end(), question) <= model_.config().transformer.max_positions;
  }

  std::int64_t cache_bytes(std::int64_t tokens) const override { return model_.cache_bytes(tokens); }

 private:
  /// Keeps the state at the newline that ends each text: it is the embedding of whatever sentence comes next.
  class Reader final : public SentenceReader {
   public:
    Reader(const ContextualEncoder& encoder, const Sentences& questions, ComputeObserver* observer)
        : encoder_(encoder),
          observer_(observer),
          texts_(read_questions(questions)),
          unread_(static_cast<std::size_t>(questions.count())) {}

    torch::Tensor read(const std::vector<TokenIds>& sentences) override {
      catch_up();
      unread_ = sentences;
      return mean_of(encoder_.bottleneck_, texts_.hidden(), observer_);
    }

    void keep(const std::vector<std::int64_t>& rows) override {
      texts_.keep(rows);
      std::vector<TokenIds> unread;
      for (std::int64_t row : rows) unread.push_back(std::move(unread_[static_cast<std::size_t>(row)]));
      unread_ = std::move(unread);
    }

    void start(const Sentences& questions) override {
      texts_.join(read_questions(questions));
      unread_.resize(static_cast<std::size_t>(texts_.rows()));
    }

   private:
    HiddenStream read_questions(const Sentences& questions) const {
      const LanguageModel& model = encoder_.model_;
      return {model, model.embed(questions.ids), questions.lengths, 2 * questions.width(), observer_};
    }

    /// The last sentence of a text is read only when another follows it.
    void catch_up() {
      if (std::all_of(unread_.begin(), unread_.end(), [](const TokenIds& span) { return span.empty(); })) return;
      const Sentences sentences = pad(unread_);
      texts_.append(encoder_.model_.embed(sentences.ids), sentences.lengths);
    }

    const ContextualEncoder& encoder_;
    ComputeObserver* observer_;
    HiddenStream texts_;
    std::vector<TokenIds> unread_;  // by text: the sentence last read, whose tokens the model has not read yet
  };

  const LanguageModel& model_;
  const Bottleneck& bottleneck_;
};

class SemanticKind final : public KindOf<SemanticKind, EncoderKind> {
 public:
  std::string name() const override { return "semantic"; }
  std::string summary() const override { return "the state at the newline that ends the sentence, read by itself"; }
  bool is_contextual() const override { return false; }
  std::unique_ptr<SentenceEncoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                        WeightScope) const override {
    return std::make_unique<SemanticEncoder>(model, bottleneck);
  }
};

class ContextualKind final : public KindOf<ContextualKind, EncoderKind> {
 public:
  std::string name() const override { return "contextual"; }
  std::string summary() const override { return "the state at the newline before the sentence, after all of the text"; }
  bool is_contextual() const override { return true; }
  std::unique_ptr<SentenceEncoder> make(const LanguageModel& model, const Bottleneck& bottleneck,
                                        WeightScope) const override {
    return std::make_unique<ContextualEncoder>(model, bottleneck);
  }
};

}  // namespace

std::unique_ptr<EncoderKind> semantic_encoder_kind() { return std::make_unique<SemanticKind>(); }
std::unique_ptr<EncoderKind> contextual_encoder_kind() { return std::make_unique<ContextualKind>(); }

KindList<EncoderKind> encoder_kinds() {
  KindList<EncoderKind> kinds;
  kinds.add(semantic_encoder_kind());
  kinds.add(contextual_encoder_kind());
  return kinds;
}

}  // namespace noema
