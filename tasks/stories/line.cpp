#include "tasks/stories/line.h"

#include <numeric>

#include "tasks/stories/phrases.h"

namespace noema::stories {
namespace {

Line shuffled_line(Random& random, std::size_t length) {
  Line line;
  line.length = length;
  line.told.resize(length - 1);
  std::iota(line.told.begin(), line.told.end(), std::size_t{0});
  random.shuffle(line.told);
  return line;
}

void walk(Line& line, std::size_t from_pair, std::size_t to_pair) {
  for (std::size_t pair = from_pair + 1; pair-- > to_pair;) line.walked.push_back(pair);
  line.answer = to_pair;
}

}  // namespace

Line make_line_to_end(Random& random) {
  Line line = shuffled_line(random, 3 + draw_weighted(random, {38, 28, 18, 10, 6}));
  walk(line, line.told.front(), 0);
  return line;
}

Line make_line_to_second(Random& random) {
  Line line = shuffled_line(random, 3 + draw_weighted(random, {60, 30, 10}));
  walk(line, line.length - 2, 0);
  line.answer = 1;
  return line;
}

Line make_line_with_two(Random& random) {
  Line line = shuffled_line(random, 2 + draw_weighted(random, {26, 34, 22, 12, 6}));
  const std::size_t first = random.below(line.length - 1);
  line.from = first + 1 + random.below(line.length - 1 - first);
  walk(line, line.from - 1, first);
  line.candidates = {first, line.from};
  random.shuffle(line.candidates);
  return line;
}

Line make_line_with_candidates(Random& random) {
  constexpr std::size_t kLongest = 7;
  while (true) {
    const auto distance = [&] { return 1 + draw_weighted(random, {45, 35, 15, 5}); };
    const std::size_t before = random.chance(0.2) ? 1 : 0;
    const std::size_t up = distance();
    const std::size_t down = distance();
    const std::size_t after = random.chance(0.2) ? 1 : 0;
    if (before + up + down + after + 1 > kLongest) continue;
    Line line = shuffled_line(random, before + up + down + after + 1);
    line.from = before + up;
    walk(line, line.from - 1, before);
    line.candidates = {before, line.from + down};
    random.shuffle(line.candidates);
    return line;
  }
}

}  // namespace noema::stories
