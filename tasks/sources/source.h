#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "tasks/sources/list.h"

namespace noema {

/// Items without end: any number gives an item, and the same number always gives the same. May be shared by threads.
template <typename Item>
class Source {
 public:
  using Wanted = typename Item::Wanted;

  virtual ~Source() = default;

  /// Item `index`, with what is wanted beside it as far as it has that.
  virtual Item get(std::uint64_t index, const Wanted& wanted = {}) const = 0;
};

template <typename Item>
using SourcePtr = std::shared_ptr<const Source<Item>>;

/// Numbers in the order of a round, shuffled anew for each. Keeps the last one.
class ShuffledRounds {
 public:
  ShuffledRounds(std::vector<std::size_t> numbers, std::uint64_t seed) : numbers_(std::move(numbers)), seed_(seed) {}

  const std::vector<std::size_t>& numbers() const { return numbers_; }

  /// use(order) of the round.
  template <typename Use>
  auto with(std::uint64_t round, const Use& use) const {
    const std::lock_guard lock(mutex_);
    if (order_.empty() || round != round_) {
      order_ = numbers_;
      Random::of(seed_, round).shuffle(order_);
      round_ = round;
    }
    return use(order_);
  }

 private:
  std::vector<std::size_t> numbers_;
  std::uint64_t seed_;
  mutable std::mutex mutex_;
  mutable std::uint64_t round_ = 0;
  mutable std::vector<std::size_t> order_;
};

/// 0, 1, … below `count`.
std::vector<std::size_t> numbers_below(std::size_t count);

/// So many slots given to the numbers of the weights, in their order: 0, 0, 0, 1. Throws Error for a weight that is not
/// above 0, or too small for a slot.
std::vector<std::size_t> shared_slots(const std::vector<double>& weights, std::size_t slots);

/// A list over and over: first as it is, then each time in another order.
template <typename Item>
class ListedSource final : public Source<Item> {
 public:
  /// Throws Error when the list is empty.
  ListedSource(std::shared_ptr<const List<Item>> list, std::uint64_t seed)
      : list_(std::move(list)), rounds_(numbers_below(list_->size()), seed) {
    if (list_->size() == 0) throw Error({"training data", "at least one example", "none", "check the file"});
  }

  Item get(std::uint64_t index, const typename Item::Wanted&) const override {
    const std::uint64_t round = index / list_->size(), place = index % list_->size();
    if (round == 0) return list_->at(place);
    return list_->at(rounds_.with(round, [&](const auto& order) { return order[place]; }));
  }

 private:
  std::shared_ptr<const List<Item>> list_;
  ShuffledRounds rounds_;
};

/// The items of a source from number `offset` on.
template <typename Item>
class OffsetSource final : public Source<Item> {
 public:
  OffsetSource(SourcePtr<Item> source, std::uint64_t offset) : source_(std::move(source)), offset_(offset) {}
  Item get(std::uint64_t index, const typename Item::Wanted& wanted) const override {
    return source_->get(offset_ + index, wanted);
  }

 private:
  SourcePtr<Item> source_;
  std::uint64_t offset_;
};

/// Items of several sources in a random order. Of every 1,024 items each source has a share by its weight, and gives
/// its own in their order, none left out.
template <typename Item>
class Mixture final : public Source<Item> {
 public:
  /// Throws Error when there are not as many weights as sources, or when one is not above 0 or too small for a share.
  Mixture(std::vector<SourcePtr<Item>> sources, const std::vector<double>& weights, std::uint64_t seed)
      : sources_(std::move(sources)), rounds_(shared_slots(weights, kSlots), seed) {
    if (sources_.size() == weights.size()) return;
    throw Error({"mixture", "as many weights as sources", std::to_string(weights.size()), "correct the weights"});
  }

  Item get(std::uint64_t index, const typename Item::Wanted& wanted) const override {
    const std::uint64_t round = index / kSlots;
    const auto [number, before] = rounds_.with(round, [&](const std::vector<std::size_t>& order) {
      const auto slot = order.begin() + static_cast<std::ptrdiff_t>(index % kSlots);
      return std::pair(*slot, std::count(order.begin(), slot, *slot));
    });
    const auto share = std::count(rounds_.numbers().begin(), rounds_.numbers().end(), number);
    return sources_[number]->get(round * static_cast<std::uint64_t>(share) + static_cast<std::uint64_t>(before),
                                 wanted);
  }

 private:
  static constexpr std::size_t kSlots = 1024;

  std::vector<SourcePtr<Item>> sources_;
  ShuffledRounds rounds_;
};

}  // namespace noema
