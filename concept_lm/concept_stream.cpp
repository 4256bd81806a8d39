#include "concept_lm/concept_stream.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

/// [B,S,D] with padding in front, so that S is `width`.
torch::Tensor padded(const torch::Tensor& inputs, std::int64_t width) {
  const torch::Tensor front = torch::zeros({inputs.size(0), width - inputs.size(1), inputs.size(2)}, inputs.options());
  return torch::cat({front, inputs}, 1);
}

}  // namespace

ConceptStream::ConceptStream(const ConceptHead& head, HiddenStream states, ComputeObserver* observer)
    : head_(&head), states_(std::move(states)), observer_(observer) {
  if (!head.needs().sentences_before) return;
  const torch::Tensor& hidden = states_.hidden();
  before_ = {torch::zeros({hidden.size(0), 0, hidden.size(1)}, hidden.options()),
             std::vector<std::int64_t>(static_cast<std::size_t>(hidden.size(0)), 0)};
}

Concept ConceptStream::predict(const torch::Tensor& hidden, std::span<Random* const> randoms) const {
  return head_->predict({hidden, before_, randoms, observer_});
}

void ConceptStream::append(const torch::Tensor& inputs) {
  states_.append(inputs);
  if (!before_.inputs.defined()) return;
  before_.inputs = torch::cat({before_.inputs, inputs.unsqueeze(1)}, 1);
  for (std::int64_t& count : before_.counts) ++count;
}

void ConceptStream::keep(const std::vector<std::int64_t>& rows) {
  states_.keep(rows);
  if (!before_.inputs.defined()) return;
  before_.inputs = before_.inputs.index_select(0, index_tensor(rows, before_.inputs.device()));
  std::vector<std::int64_t> counts;
  for (const std::int64_t row : rows) counts.push_back(before_.counts[static_cast<std::size_t>(row)]);
  before_.counts = std::move(counts);
}

void ConceptStream::join(const ConceptStream& other) {
  states_.join(other.states_);
  if (!before_.inputs.defined()) return;
  const std::int64_t width = std::max(before_.inputs.size(1), other.before_.inputs.size(1));
  before_.inputs = torch::cat({padded(before_.inputs, width), padded(other.before_.inputs, width)});
  before_.counts.insert(before_.counts.end(), other.before_.counts.begin(), other.before_.counts.end());
}

bool take_step(ConceptSteps& steps, ConceptVisitor& visitor) {
  Concept concepts = steps.predict();
  if (const auto staying = visitor.look(concepts)) {
    steps.keep(*staying);
    if (staying->empty()) return false;
    concepts = concepts.select(*staying);
  }
  steps.append(visitor.input(concepts));
  return true;
}

}  // namespace noema
