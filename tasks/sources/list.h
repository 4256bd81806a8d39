#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace noema {

/// What there is so many of, each read when it is asked for: a file of examples, a folder of documents. May be shared
/// by threads.
template <typename Item>
class List {
 public:
  virtual ~List() = default;
  virtual std::size_t size() const = 0;

  /// Item `place`, below size(). Throws Error where it cannot be read.
  virtual Item at(std::size_t place) const = 0;
};

/// Some of the items of a list, in their order.
template <typename Item>
class Subset final : public List<Item> {
 public:
  /// Those for which keep(item) is true. Reads each once.
  template <typename Keep>
  Subset(std::shared_ptr<const List<Item>> list, const Keep& keep) : list_(std::move(list)) {
    for (std::size_t i = 0; i < list_->size(); ++i) {
      if (keep(list_->at(i))) places_.push_back(i);
    }
  }

  std::size_t size() const override { return places_.size(); }
  Item at(std::size_t place) const override { return list_->at(places_.at(place)); }

 private:
  std::shared_ptr<const List<Item>> list_;
  std::vector<std::size_t> places_;
};

}  // namespace noema
