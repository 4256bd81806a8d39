#include "tasks/floors.h"

#include <algorithm>
#include <map>

#include "tasks/answer_text.h"

namespace noema {
namespace {

Floor floor_of(const Rule& rule, const Task& task, const std::vector<Example>& examples) {
  Floor floor{.rule = rule.name};
  double hits = 0.0;
  for (const Example& example : examples) {
    const auto answer = rule.answer(example);
    std::optional<bool>& right = floor.right.emplace_back();
    if (!answer) continue;
    right = task.is_right(example, *answer);
    hits += *right;
    ++floor.n;
  }
  if (floor.n > 0) floor.accuracy = hits / static_cast<double>(floor.n);
  return floor;
}

/// Of several the first in the order of texts.
Rule majority_of(const std::vector<Example>& examples) {
  std::map<std::string, std::int64_t> counts;
  for (const Example& example : examples) ++counts[on_one_line(example.answer)];  // there is one at least
  const auto most =
      std::max_element(counts.begin(), counts.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
  return {"majority answer", [answer = most->first](const Example&) { return std::optional(answer); }};
}

Floor chance(const Task& task, const std::vector<Example>& examples) {
  Floor floor{.rule = "chance"};
  double expected = 0.0;
  for (const Example& example : examples) {
    const std::vector<std::string> choices = task.choices(example);
    if (choices.empty()) continue;
    const auto right = std::count_if(choices.begin(), choices.end(),
                                     [&](const std::string& choice) { return task.is_right(example, choice); });
    expected += static_cast<double>(right) / static_cast<double>(choices.size());
    ++floor.n;
  }
  if (floor.n > 0) floor.accuracy = expected / static_cast<double>(floor.n);
  return floor;
}

}  // namespace

std::vector<Floor> floors_of(const Task& task, const std::vector<Example>& examples) {
  if (examples.empty()) return {};
  std::vector<Floor> floors = {floor_of(majority_of(examples), task, examples), chance(task, examples)};
  for (const Rule& rule : task.rules()) floors.push_back(floor_of(rule, task, examples));
  std::erase_if(floors, [](const Floor& floor) { return floor.n == 0; });
  return floors;
}

}  // namespace noema
