#include "apps/bench/reference_procedure.h"

#include <torch/torch.h>

#include <algorithm>

#include "decoding/options.h"

namespace noema {
namespace {

constexpr std::int64_t kProcedureSteps = 10;

}  // namespace

ReferenceProcedure::ReferenceProcedure(const Bundle& bundle, const std::string& question) : bundle_(bundle) {
  bundle.need_concepts();
  const TokenIds ids = bundle.tokenize_question(question);
  question_ = torch::tensor(std::vector<std::int64_t>(ids.begin(), ids.end()), torch::kLong).unsqueeze(0);
}

torch::Tensor ReferenceProcedure::reason() const {
  const ConceptModel& concepts = bundle_.need_concepts();
  const LanguageModel& backbone = concepts.backbone();
  torch::Tensor inputs = backbone.embed(question_);  // [1,T,D]
  std::vector<torch::Tensor> predicted;
  for (std::int64_t i = 0; i < kProcedureSteps; ++i) {
    const Positions at = question_positions(backbone.config().transformer.mask, {question_.size(1)}, {inputs.size(1)},
                                            inputs.size(1), torch::kCPU);
    const torch::Tensor hidden = backbone.hidden(inputs, {at});
    const Concept next = concepts.head().predict({hidden.select(1, -1)});
    predicted.push_back(next.embedding);
    inputs = torch::cat({inputs, next.input.unsqueeze(1)}, 1);
  }
  return torch::cat(predicted);  // [10,Z]
}

std::vector<TokenIds> ReferenceProcedure::run() const {
  const torch::InferenceMode inference;
  const torch::Tensor z = reason();
  const TokenId newline = bundle_.tokenizer->newline();
  std::vector<TokenIds> written(kProcedureSteps);
  std::vector<bool> ended(kProcedureSteps, false);
  for (std::int64_t length = 1; length <= ReasoningOptions().max_sentence_tokens; ++length) {
    // The last token of each row is only there to be predicted.
    std::vector<TokenIds> rows = written;
    for (TokenIds& row : rows) row.resize(static_cast<std::size_t>(length), newline);
    const Sentences so_far = pad(rows);
    const torch::Tensor next =
        bundle_.writing().decoder().logits(z, so_far).view({kProcedureSteps, length, -1}).select(1, -1);
    const torch::Tensor chosen = next.argmax(-1);
    for (std::size_t row = 0; row < written.size(); ++row) {
      const auto id = static_cast<TokenId>(chosen[static_cast<std::int64_t>(row)].item<std::int64_t>());
      ended[row] = ended[row] || id == newline;
      if (!ended[row]) written[row].push_back(id);
    }
    if (std::all_of(ended.begin(), ended.end(), [](bool done) { return done; })) break;
  }
  return written;
}

}  // namespace noema
