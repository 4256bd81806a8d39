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

/// Those of `list` for which keep(item) is true, in their order. Reads each once.
template <typename Item, typename Keep>
std::shared_ptr<const List<Item>> make_subset(std::shared_ptr<const List<Item>> list, const Keep& keep);

// --- implementation ---

namespace detail {

template <typename Item>
class Subset final : public List<Item> {
 public:
  Subset(std::shared_ptr<const List<Item>> list, std::vector<std::size_t> places)
      : list_(std::move(list)), places_(std::move(places)) {}
  std::size_t size() const override { return places_.size(); }
  Item at(std::size_t place) const override { return list_->at(places_.at(place)); }

 private:
  std::shared_ptr<const List<Item>> list_;
  std::vector<std::size_t> places_;
};

}  // namespace detail

template <typename Item, typename Keep>
std::shared_ptr<const List<Item>> make_subset(std::shared_ptr<const List<Item>> list, const Keep& keep) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < list->size(); ++i) {
    if (keep(list->at(i))) places.push_back(i);
  }
  return std::make_shared<detail::Subset<Item>>(std::move(list), std::move(places));
}

}  // namespace noema
