#include "apps/bench/shaped_questions.h"

#include <torch/torch.h>

#include "base/error.h"
#include "nn/model/token_stream.h"

namespace noema {
namespace {

std::vector<std::int64_t> all_of(std::int64_t rows, std::int64_t length) {
  return std::vector<std::int64_t>(static_cast<std::size_t>(rows), length);
}

void write(TokenStream& stream, std::int64_t tokens) {
  for (std::int64_t i = 0; i < tokens; ++i) stream.append(stream.logits().argmax(-1));
}

/// The states [B,D] after embeddings [B,T,D], read without a cache.
torch::Tensor last_hidden(const LanguageModel& model, const torch::Tensor& embeddings, ComputeObserver* observer) {
  const std::int64_t rows = embeddings.size(0), tokens = embeddings.size(1);
  const Positions at = causal_positions(all_of(rows, tokens), tokens, torch::kCPU);
  return model.hidden(embeddings, {at, nullptr, observer}).select(1, -1);
}

}  // namespace

const std::vector<QuestionShape>& question_shapes() {
  static const std::vector<QuestionShape> shapes = {
      {"gsm8k", 60, 4, 10, 8}, {"csqa", 38, 6, 12, 6}, {"prosqa", 326, 4, 10, 12}, {"blocksworld", 146, 9, 10, 7}};
  return shapes;
}

ShapedQuestion::ShapedQuestion(const LanguageModel& model, const QuestionShape& shape, std::int64_t rows)
    : model_(model), shape_(shape) {
  const std::int64_t needed = shape.question + shape.steps * shape.step_tokens + shape.answer;
  const std::int64_t found = model.config().transformer.max_positions;
  if (found < needed) {
    throw Error({"bench --shape " + shape.name, "a model with at least " + std::to_string(needed) + " positions",
                 std::to_string(found), "choose another shape or model"});
  }
  ids_ = torch::arange(rows * shape.question).remainder(model.config().vocab_size).view({rows, shape.question});
}

void ShapedQuestion::chain(ComputeObserver* observer) const {
  const std::int64_t tokens = shape_.steps * shape_.step_tokens + shape_.answer;
  TokenStream stream(model_, model_.embed(ids_), all_of(ids_.size(0), shape_.question), shape_.question + tokens,
                     observer);
  write(stream, tokens);
}

void ShapedQuestion::continuous(ComputeObserver* observer) const {
  HiddenStream concepts(model_, model_.embed(ids_), all_of(ids_.size(0), shape_.question),
                        shape_.question + shape_.steps, observer);
  for (std::int64_t i = 0; i < shape_.steps; ++i) concepts.append(concepts.hidden());
  const torch::Tensor answer = concepts.hidden().unsqueeze(1);  // [B,1,D]
  TokenStream stream(model_, answer, all_of(answer.size(0), 1), shape_.answer + 1, observer);
  write(stream, shape_.answer);
}

void ShapedQuestion::reference(ComputeObserver* observer) const {
  constexpr std::int64_t kSteps = 10;
  torch::Tensor inputs = model_.embed(ids_.narrow(0, 0, 1));  // [1,T,D]
  for (std::int64_t i = 0; i < kSteps; ++i) {
    inputs = torch::cat({inputs, last_hidden(model_, inputs, observer).unsqueeze(1)}, 1);
  }
  torch::Tensor sentences = inputs.narrow(1, shape_.question, kSteps).transpose(0, 1);  // [10,1,D]
  const Positions scored = single_positions(kSteps);
  for (std::int64_t i = 0; i < shape_.step_tokens; ++i) {
    const torch::Tensor chosen =
        model_.logits(last_hidden(model_, sentences, observer), {scored, nullptr, observer}).argmax(-1);
    sentences = torch::cat({sentences, model_.embed(chosen).unsqueeze(1)}, 1);
  }
}

}  // namespace noema
