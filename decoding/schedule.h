#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "sentence_vae/sentences.h"

namespace noema {

/// Which of many questions are reasoned about together. The longest enter first, so that those that enter at the same
/// time are of similar length and little of what is read is padding. Where a question is finished its place is free for
/// the next; free places are filled a few at a time, since reading questions one by one costs more.
class Schedule {
 public:
  /// Says how many rows there is room for when the longest question has so many tokens; at least one.
  using Room = std::function<std::size_t(std::int64_t longest)>;

  Schedule(std::vector<TokenIds> questions, Room room);

  /// How many questions enter now, when those of `rows` (places in the list) are reasoned about.
  std::size_t entering(const std::vector<std::size_t>& rows) const;

  /// Lets them in; their places.
  std::vector<std::size_t> enter(const std::vector<std::size_t>& rows);

  /// Lets all that wait go; their places.
  std::vector<std::size_t> dismiss();

  bool is_empty() const { return entered_ == order_.size(); }  ///< nobody waits
  const TokenIds& question(std::size_t place) const { return questions_[place]; }
  std::size_t size() const { return questions_.size(); }

 private:
  std::vector<TokenIds> questions_;
  Room room_;
  std::vector<std::size_t> order_;  // places, longest question first
  std::size_t entered_ = 0;         // how many of them
};

}  // namespace noema
