#include "concept_lm/concept_model.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

constexpr std::int64_t kExpectedSteps = 16;  // the cache grows beyond

/// Where the pieces of each row's context come from: question tokens, then all its steps but the last.
struct Layout {
  std::vector<std::int64_t> sources;   // [B*width]: place in (question tokens, then inputs, then one row of zeros)
  std::vector<std::int64_t> predicts;  // [N]: place in the flattened context of the state that predicts each step
  std::vector<std::int64_t> lengths;   // [B]
  std::int64_t width = 0;
};

Layout lay_out(const ReasoningBatch& batch) {
  Layout layout;
  const std::int64_t question_places = batch.questions.count() * batch.questions.width();
  for (std::size_t row = 0; row < batch.step_counts.size(); ++row) {
    layout.lengths.push_back(batch.questions.lengths[row] + batch.step_counts[row] - 1);
  }
  layout.width = *std::max_element(layout.lengths.begin(), layout.lengths.end());
  layout.width = (layout.width + 7) / 8 * 8;
  layout.sources.assign(static_cast<std::size_t>(batch.questions.count() * layout.width),
                        question_places + batch.steps_count());
  std::int64_t step = 0;
  for (std::int64_t row = 0; row < batch.questions.count(); ++row) {
    const std::int64_t question = batch.questions.lengths[static_cast<std::size_t>(row)];
    const std::int64_t steps = batch.step_counts[static_cast<std::size_t>(row)];
    std::int64_t* sources = layout.sources.data() + row * layout.width;
    for (std::int64_t t = 0; t < question; ++t) sources[t] = row * batch.questions.width() + t;
    for (std::int64_t i = 0; i < steps; ++i) {
      layout.predicts.push_back(row * layout.width + question - 1 + i);
      if (i + 1 < steps) sources[question + i] = question_places + step + i;
    }
    step += steps;
  }
  return layout;
}

/// Of each step of a batch, where all of them are read as `inputs` [N,D].
ReadSentences sentences_before(const ReasoningBatch& batch, const torch::Tensor& inputs) {
  ReadSentences before;
  const std::int64_t width = *std::max_element(batch.step_counts.begin(), batch.step_counts.end()) - 1;  // S
  std::vector<std::int64_t> sources;  // [N*S]: a step, or the row of zeros after all of them
  std::int64_t first = 0;             // step of each text
  for (const std::int64_t steps : batch.step_counts) {
    for (std::int64_t count = 0; count < steps; ++count) {
      before.counts.push_back(count);
      for (std::int64_t place = count - width; place < count; ++place) {
        sources.push_back(place < 0 ? batch.steps_count() : first + place);
      }
    }
    first += steps;
  }
  const torch::Tensor all = torch::cat({inputs, torch::zeros({1, inputs.size(1)}, inputs.options())});
  before.inputs =
      all.index_select(0, index_tensor(sources, all.device())).view({batch.steps_count(), width, inputs.size(1)});
  return before;
}

}  // namespace

ConceptConfig::ConceptConfig(const LanguageModelConfig& shape, const KindList<HeadKind>& heads)
    : model(shape), input_width(shape.transformer.width), output_width(input_width), head(heads, "decoding") {}

void ConceptConfig::fields(Fields& fields) {
  add_object(fields, "model", model, "the backbone");
  fields.add("input_width", input_width, {1, 1 << 16}, "of the embeddings that are read");
  fields.add("output_width", output_width, {1, 1 << 16}, "of the embeddings that are predicted");
  add_choice(fields, "head", head, "how a hidden state becomes an embedding");
}

ConceptModel::ConceptModel(const ConceptConfig& config, WeightScope weights)
    : config_(config),
      model_(config.model, weights / "backbone"),
      to_input_(std::make_unique<const Projection>(weights / "to_input", config.input_width, model_.width())),
      head_(config.head->make({model_.width(), config.output_width, *to_input_}, weights / "head")) {}

torch::Tensor ConceptModel::inputs(const torch::Tensor& z, ComputeObserver* observer) const {
  return (*to_input_)(z, {single_positions(z.size(0)), nullptr, observer});
}

torch::Tensor ConceptModel::states(const ReasoningBatch& batch, const torch::Tensor& inputs,
                                   std::optional<std::int64_t> layers, ComputeObserver* observer) const {
  const Layout layout = lay_out(batch);
  const torch::Tensor tokens = model_.embed(batch.questions.ids).flatten(0, 1);  // [B*Tq,D]
  const torch::Tensor pieces =
      torch::cat({tokens, inputs.to(tokens.dtype()), torch::zeros({1, model_.width()}, tokens.options())});
  const torch::Tensor context = pieces.index_select(0, index_tensor(layout.sources, pieces.device()))
                                    .view({batch.questions.count(), layout.width, model_.width()});
  return hidden_after(model_, batch.prefixes, context, batch.questions.lengths, layout.lengths, observer, layers)
      .flatten(0, 1);
}

torch::Tensor ConceptModel::predicting(const torch::Tensor& states, const ReasoningBatch& batch) const {
  return states.index_select(0, index_tensor(lay_out(batch).predicts, states.device()));
}

ConceptContext ConceptModel::context(const ReasoningBatch& batch, const torch::Tensor& inputs,
                                     const torch::Tensor& hidden) const {
  return {hidden, head_->needs().sentences_before ? sentences_before(batch, inputs) : ReadSentences()};
}

Concept ConceptModel::predict(const ReasoningBatch& batch, const torch::Tensor& inputs) const {
  const RowRandoms randoms(0, head_->needs().randoms ? batch.steps_count() : 0);
  ConceptContext context = this->context(batch, inputs, hidden(batch, inputs));
  context.randoms = randoms.pointers();
  return head_->predict(context);
}

Concept ConceptModel::rollout(const ReasoningBatch& batch, const Exchange& exchange, std::uint64_t seed) const {
  const torch::NoGradGuard no_grad;
  const Sentences& questions = batch.questions;
  KvCache cache = read_prefixes(model_, batch.prefixes, questions.count(), questions.width() + kExpectedSteps);
  const Positions at = cache.extend(questions.lengths, questions.width(), Padding::right);
  const torch::Tensor read = model_.hidden(model_.embed(questions.ids), {at, &cache}).flatten(0, 1);
  HiddenStream states(model_, std::move(cache), read.index_select(0, questions.last_places(read.device())));
  return roll_out({*head_, std::move(states)}, batch, exchange, seed);
}

ConceptStream ConceptModel::begin(const Sentences& questions, ComputeObserver* observer) const {
  HiddenStream states(model_, model_.embed(questions.ids), questions.lengths, questions.width() + kExpectedSteps,
                      observer);
  return {*head_, std::move(states), observer};
}

Concept ConceptModel::concepts_at_layer(const torch::Tensor& output) const {
  if (head_->needs().sentences_before) {
    throw Error({"a layer's concepts", "a head that predicts from states alone", "one that looks at sentences before",
                 "use a model with another head"});
  }
  return head_->predict({model_.normed(output)});
}

}  // namespace noema
