// How many are there? People buy, find, eat, lose, give and share, birds come and go; all numbers are whole and from 0
// to 20.

#include "tasks/stories/count.h"

namespace noema::stories {
namespace count {

std::string sum(int before, char operation, int amount, int after) {
  return ", so " + std::to_string(before) + ' ' + operation + ' ' + std::to_string(amount) + " = " +
         std::to_string(after) + '.';
}

namespace {

enum class Kind { changes, scene, total, comparison, difference, groups };

Kind draw_kind(Random& random) { return static_cast<Kind>(draw_weighted(random, {50, 16, 12, 9, 9, 4})); }

Story make(Random& random, const Lexicon& words) {
  const Kind kind = draw_kind(random);
  if (kind == Kind::changes) return make_changes(random, words, 0);
  const Telling telling{random, words, random.chance(0.4) ? Tense::present : Tense::past};
  switch (kind) {
    case Kind::scene:
      return make_scene(telling);
    case Kind::total:
      return make_total(telling);
    case Kind::comparison:
      return make_comparison(telling);
    case Kind::difference:
      return make_difference(telling);
    default:
      return make_groups(telling);
  }
}

/// Whether the stories tell the same but for one sentence, in as many steps that all differ.
bool differ_in_one_fact(const Story& a, const Story& b) {
  const auto same = [](const Words& x, const Words& y) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < x.size(); ++i) count += x[i] == y[i];
    return count;
  };
  return a.sentences.size() == b.sentences.size() && a.steps.size() == b.steps.size() && a.question == b.question &&
         same(a.sentences, b.sentences) + 1 == a.sentences.size() && same(a.steps, b.steps) == 0;
}

/// The same changes of another number. Each step tells the number that it starts from, so the twins can be joined at
/// any of them.
std::optional<StoryTwin> twin(Random random, const Lexicon& words) {
  if (draw_kind(random) != Kind::changes) return std::nullopt;
  Random drawn = random, same = random;
  const Story story = make_changes(same, words, 0);
  std::vector<int> changes = {-4, -3, -2, -1, 1, 2, 3, 4};
  drawn.shuffle(changes);
  for (const int more : changes) {
    same = random;
    Story other = make_changes(same, words, more);
    if (differ_in_one_fact(story, other)) return StoryTwin{std::move(other), 0};
  }
  return std::nullopt;
}

Words patterns() { return joined({change_patterns(), scene_patterns(), sum_patterns()}); }

}  // namespace
}  // namespace count

const Family count_family{"count", count::make, count::patterns, count::twin};

}  // namespace noema::stories
