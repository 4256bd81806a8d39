#include "decoding/rows.h"

#include <algorithm>
#include <utility>

namespace noema {

std::vector<Random*> Rows::randoms() {
  std::vector<Random*> all;
  for (Row& row : rows_) all.push_back(&row.random);
  return all;
}

std::vector<std::size_t> Rows::places() const {
  std::vector<std::size_t> all;
  for (const Row& row : rows_) all.push_back(row.place);
  return all;
}

std::vector<std::size_t> Rows::steps() const {
  std::vector<std::size_t> all;
  for (const Row& row : rows_) all.push_back(row.trajectory.steps.size());
  return all;
}

std::vector<std::size_t> Rows::admit(const std::function<bool(const TokenIds& question)>& fits) {
  std::vector<std::size_t> entered;
  for (const std::size_t place : schedule_.enter(places())) {
    if (!fits(schedule_.question(place))) {
      turn_away(place, StopReason::context_full);
      continue;
    }
    rows_.push_back({{place, {}, random_of(place)}});
    entered.push_back(place);
  }
  return entered;
}

/// The first sample of a question draws what it would without others.
Random Rows::random_of(std::size_t place) const {
  const auto samples = static_cast<std::size_t>(context_.run.samples);
  Random random = Random::of(context_.run.seed, context_.run.first_question + place / samples);
  return place % samples == 0 ? random : Random::of(random.next(), place % samples);
}

void Rows::turn_away(std::size_t place, StopReason reason) {
  turned_away_.push_back({place, {}, Random(0)});
  turned_away_.back().trajectory.stop = reason;
}

void Rows::add_step(std::size_t row, Step step) {
  std::vector<Step>& steps = rows_[row].trajectory.steps;
  steps.push_back(std::move(step));
  if (context_.observer) context_.observer->on_step(rows_[row].place, steps.size() - 1, steps.back());
}

void Rows::finish(std::size_t row, StopReason reason) {
  if (rows_[row].is_finished) return;
  rows_[row].is_finished = true;
  rows_[row].trajectory.stop = reason;
}

void Rows::finish_if_cancelled() {
  if (!context_.run.cancelled || !*context_.run.cancelled) return;
  for (std::size_t row = 0; row < size(); ++row) finish(row, StopReason::cancelled);
  for (const std::size_t place : schedule_.dismiss()) turn_away(place, StopReason::cancelled);
}

Rows::Taken Rows::take_finished() {
  Taken taken{std::exchange(turned_away_, {}), std::nullopt};
  if (std::none_of(rows_.begin(), rows_.end(), [](const Row& row) { return row.is_finished; })) return taken;
  std::vector<Row> left;
  taken.staying.emplace();
  for (std::size_t row = 0; row < size(); ++row) {
    if (rows_[row].is_finished) {
      taken.finished.push_back(std::move(rows_[row]));
    } else {
      taken.staying->push_back(static_cast<std::int64_t>(row));
      left.push_back(std::move(rows_[row]));
    }
  }
  rows_ = std::move(left);
  return taken;
}

}  // namespace noema
