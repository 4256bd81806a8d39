#include "concept_lm/rollout.h"

#include <torch/torch.h>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

/// The texts of a batch, a row each, for as many steps as each has.
class Rollout final : public ConceptSteps, public ConceptVisitor {
 public:
  Rollout(ConceptStream stream, const ReasoningBatch& batch, const Exchange& exchange, std::uint64_t seed)
      : stream_(std::move(stream)),
        steps_(batch.steps_count()),
        exchange_(exchange),
        randoms_(seed, stream_.needs().randoms ? batch.questions.count() : 0) {
    for (const std::int64_t count : batch.step_counts) {
      next_.push_back(ends_.empty() ? 0 : ends_.back());
      ends_.push_back(next_.back() + count);
    }
  }

  const Concept& concepts() const { return concepts_; }

  Concept predict() override {
    note(states_, stream_.hidden());
    return stream_.predict(exchange_(states_, next_), randoms_.pointers());
  }
  void append(const torch::Tensor& inputs) override { stream_.append(inputs); }
  void keep(const std::vector<std::int64_t>& rows) override {
    stream_.keep(rows);
    if (stream_.needs().randoms) randoms_.keep(rows);
  }

  std::optional<std::vector<std::int64_t>> look(const Concept& concepts) override {
    note(concepts_.embedding, concepts.embedding);
    note(concepts_.input, concepts.input);
    std::vector<std::int64_t> going;
    for (std::size_t row = 0; row < next_.size(); ++row) {
      if (next_[row] + 1 == ends_[row]) continue;
      next_[going.size()] = next_[row] + 1;
      ends_[going.size()] = ends_[row];
      going.push_back(static_cast<std::int64_t>(row));
    }
    if (going.size() == next_.size()) return std::nullopt;
    next_.resize(going.size());
    ends_.resize(going.size());
    return going;
  }
  torch::Tensor input(const Concept& concepts) override { return concepts.input; }

 private:
  /// Of the steps that the rows have come to.
  void note(torch::Tensor& all, const torch::Tensor& rows) const {
    if (!all.defined()) all = torch::empty({steps_, rows.size(1)}, rows.options());
    all.index_copy_(0, index_tensor(next_, all.device()), rows);
  }

  ConceptStream stream_;
  std::int64_t steps_;
  const Exchange& exchange_;
  RowRandoms randoms_;
  std::vector<std::int64_t> next_, ends_;  // by row: the step to be predicted, and the one after its last
  torch::Tensor states_;                   // [N,D]
  Concept concepts_;
};

}  // namespace

torch::Tensor Exchange::operator()(const torch::Tensor& states, const std::vector<std::int64_t>& steps) const {
  const torch::Tensor own = states.index_select(0, index_tensor(steps, states.device()));
  if (with.empty()) return own;
  std::vector<std::int64_t> others;
  for (const std::int64_t step : steps) others.push_back(with[static_cast<std::size_t>(step)]);
  return own.lerp(states.index_select(0, index_tensor(others, states.device())), share);
}

Concept roll_out(ConceptStream stream, const ReasoningBatch& batch, const Exchange& exchange, std::uint64_t seed) {
  Rollout rollout(std::move(stream), batch, exchange, seed);
  while (take_step(rollout, rollout)) {
  }
  return rollout.concepts();
}

}  // namespace noema
