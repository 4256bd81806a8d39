#include "decoding/schedule.h"

#include <algorithm>
#include <numeric>

namespace noema {

constexpr std::size_t kRefills = 4;  // in which a full batch is replaced, about

Schedule::Schedule(std::vector<TokenIds> questions, Room room)
    : questions_(std::move(questions)), room_(std::move(room)), order_(questions_.size()) {
  std::iota(order_.begin(), order_.end(), std::size_t{0});
  std::stable_sort(order_.begin(), order_.end(),
                   [&](auto a, auto b) { return questions_[a].size() > questions_[b].size(); });
}

std::size_t Schedule::entering(const std::vector<std::size_t>& rows) const {
  if (is_empty()) return 0;
  std::size_t longest = questions_[order_[entered_]].size();
  for (const std::size_t place : rows) longest = std::max(longest, questions_[place].size());
  const std::size_t room = room_(static_cast<std::int64_t>(longest));
  const std::size_t waiting = order_.size() - entered_;
  const std::size_t fitting = std::min(waiting, room > rows.size() ? room - rows.size() : 0);
  const std::size_t worthwhile = std::min(waiting, (room + kRefills - 1) / kRefills);
  return rows.empty() || fitting >= worthwhile ? fitting : 0;
}

std::vector<std::size_t> Schedule::enter(const std::vector<std::size_t>& rows) {
  const std::size_t count = entering(rows);
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(entered_);
  entered_ += count;
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::vector<std::size_t> Schedule::dismiss() {
  const auto first = order_.begin() + static_cast<std::ptrdiff_t>(entered_);
  entered_ = order_.size();
  return {first, order_.end()};
}

}  // namespace noema
