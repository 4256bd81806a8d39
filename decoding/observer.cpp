#include "decoding/observer.h"

#include <algorithm>

namespace noema {

bool ObserverGroup::wants_operations() const {
  return std::any_of(observers_.begin(), observers_.end(), [](const Observer* o) { return o->wants_operations(); });
}

void ObserverGroup::on_linear(const Positions& at, std::int64_t inner, std::int64_t columns) {
  for (Observer* observer : observers_) observer->on_linear(at, inner, columns);
}

void ObserverGroup::on_weights(std::int64_t bytes) {
  for (Observer* observer : observers_) observer->on_weights(bytes);
}

void ObserverGroup::on_attention(const Positions& at, std::int64_t width) {
  for (Observer* observer : observers_) observer->on_attention(at, width);
}

void ObserverGroup::on_layer(int layer, const Positions& at, const torch::Tensor& hidden) {
  for (Observer* observer : observers_) observer->on_layer(layer, at, hidden);
}

bool ObserverGroup::wants_attention() const {
  return std::any_of(observers_.begin(), observers_.end(), [](const Observer* o) { return o->wants_attention(); });
}

void ObserverGroup::on_attention_weights(int layer, const Positions& at, const torch::Tensor& weights) {
  for (Observer* observer : observers_) {
    if (observer->wants_attention()) observer->on_attention_weights(layer, at, weights);
  }
}

void ObserverGroup::on_phase(Phase phase) {
  for (Observer* observer : observers_) observer->on_phase(phase);
}

void ObserverGroup::on_rows(std::span<const std::size_t> questions) {
  for (Observer* observer : observers_) observer->on_rows(questions);
}

void ObserverGroup::on_step(std::size_t question, std::size_t index, const Step& step) {
  for (Observer* observer : observers_) observer->on_step(question, index, step);
}

void ObserverGroup::on_finished(std::size_t question, const Trajectory& trajectory) {
  for (Observer* observer : observers_) observer->on_finished(question, trajectory);
}

}  // namespace noema
