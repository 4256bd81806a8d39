// What follows from "every X is a Y"? A walk from somebody up to a kind or to what that kind has in common.

#include "tasks/stories/story.h"

namespace noema::stories {
namespace kinds {
namespace {

/// {x} stands with its article, {X} without, {Z} in the plural.
const Words kIndividual = {"{P} is {x}.", "We know that {P} is {x}.", "{P} has always been {x}.",
                           "Everyone says that {P} is {x}."};
const Words kEvery = {"Every {X} is {y}.",    "Each {X} is {y}.",           "All {Z} are {W}.",
                      "Any {X} is also {y}.", "If one is {x}, one is {y}.", "Whoever is {x} is also {y}."};
const Words kEveryColor = {"Every {X} is {C}.", "All {Z} are {C}.", "Each {X} is {C}."};
const Words kEveryLikes = {"Every {X} likes {C}.", "All {Z} like {C}.", "Each {X} likes {C}."};
const Words kKindQuestion = {"Is {P} {x} or {y}?", "What is {P}, {x} or {y}?"};
const Words kColorQuestion = {"What color is {P}?", "Which color is {P}?"};
const Words kLikesQuestion = {"What does {P} like?", "What does {P} like, then?"};

enum class Ask { kind, color, pleasure };

/// Kinds one above the other, the lowest first, with somebody of the lowest kind.
struct Chain {
  std::string individual;
  Words kinds;
  std::size_t reach;     ///< index of the kind that is asked for, or that has the property
  std::string property;  ///< for colors and pleasures
};

std::string every(const std::string& pattern, const std::string& lower, const std::string& upper) {
  return fill(pattern, {{'X', lower},
                        {'x', with_article(lower)},
                        {'Z', plural(lower)},
                        {'y', with_article(upper)},
                        {'W', plural(upper)}});
}

std::string every_property(const std::string& pattern, const std::string& kind, const std::string& property) {
  return fill(pattern, {{'X', kind}, {'Z', plural(kind)}, {'C', property}});
}

void tell(Random& random, const Chain& chain, Ask ask, Words& sentences) {
  sentences.push_back(fill(random.pick(kIndividual), {{'P', chain.individual}, {'x', with_article(chain.kinds[0])}}));
  for (std::size_t i = 0; i + 1 < chain.kinds.size(); ++i) {
    sentences.push_back(every(random.pick(kEvery), chain.kinds[i], chain.kinds[i + 1]));
  }
  if (ask == Ask::kind) return;
  const Words& patterns = ask == Ask::color ? kEveryColor : kEveryLikes;
  sentences.push_back(every_property(random.pick(patterns), chain.kinds[chain.reach], chain.property));
}

Words steps_along(const Chain& chain, Ask ask) {
  Words steps = {fill("{P} is {x}.", {{'P', chain.individual}, {'x', with_article(chain.kinds[0])}})};
  for (std::size_t i = 0; i < chain.reach; ++i) steps.push_back(every(kEvery[0], chain.kinds[i], chain.kinds[i + 1]));
  if (ask != Ask::kind) {
    const Words& patterns = ask == Ask::color ? kEveryColor : kEveryLikes;
    steps.push_back(every_property(patterns[0], chain.kinds[chain.reach], chain.property));
  }
  return steps;
}

/// Two chains drawn alike, so that nothing but the walk tells which of them the question is about.
std::vector<Chain> draw_chains(Random& random, Ask ask) {
  const bool creatures = random.chance(0.4);
  const Words names = creatures ? draw(random, pets(), 2, 0.18) : draw_people(random, 2);
  const Words properties = draw(random, ask == Ask::color ? colors() : pleasures(), 2);
  std::size_t reach[2];
  std::size_t length[2];
  for (int i = 0; i < 2; ++i) {
    reach[i] = draw_weighted(random, {15, 40, 30, 15}) + (ask == Ask::kind ? 1 : 0);
    length[i] = reach[i] + 1 + (reach[i] < 4 && random.chance(0.4) ? 1 : 0);
  }
  const Words kinds =
      draw(random, creatures ? creature_kinds() : roles(), length[0] + length[1], creatures ? 0.4 : 0.1);
  std::vector<Chain> chains;
  for (std::size_t i = 0, used = 0; i < 2; used += length[i++]) {
    const auto first = kinds.begin() + static_cast<std::ptrdiff_t>(used);
    chains.push_back({names[i], Words(first, first + static_cast<std::ptrdiff_t>(length[i])), reach[i], properties[i]});
  }
  return chains;
}

/// Two chains told together, and questions about either of them.
std::vector<Story> make_both(Random& random) {
  const std::size_t drawn = draw_weighted(random, {60, 20, 20});
  const Ask ask = drawn == 0 ? Ask::kind : drawn == 1 ? Ask::color : Ask::pleasure;
  std::vector<Chain> chains = draw_chains(random, ask);
  while (chains[0].kinds.size() + chains[1].kinds.size() > 8) chains = draw_chains(random, ask);

  Words sentences;
  for (const Chain& chain : chains) tell(random, chain, ask, sentences);
  random.shuffle(sentences);
  Words candidates = {chains[0].kinds[chains[0].reach], chains[1].kinds[chains[1].reach]};
  random.shuffle(candidates);
  const Words& questions = ask == Ask::kind ? kKindQuestion : ask == Ask::color ? kColorQuestion : kLikesQuestion;
  const std::string& question = random.pick(questions);
  if (sentences.size() < 7) add_fillers(random, sentences, {chains[0].individual, chains[1].individual});
  std::vector<Story> stories;
  for (const Chain& asked : chains) {
    stories.push_back(
        {sentences,
         fill(question,
              {{'P', asked.individual}, {'x', with_article(candidates[0])}, {'y', with_article(candidates[1])}}),
         steps_along(asked, ask), ask == Ask::kind ? asked.kinds[asked.reach] : asked.property});
  }
  return stories;
}

Story make(Random& random) { return make_both(random).front(); }

/// The question about the other one. A step says where one stands, so the walk goes on from there.
std::optional<StoryTwin> twin(Random random) {
  std::vector<Story> stories = make_both(random);
  if (stories[0].steps.size() != stories[1].steps.size()) return std::nullopt;
  return StoryTwin{std::move(stories[1]), 0};
}

Words patterns() {
  return joined({kIndividual, kEvery, kEveryColor, kEveryLikes, kKindQuestion, kColorQuestion, kLikesQuestion});
}

}  // namespace
}  // namespace kinds

const Family kinds_family{"kinds", kinds::make, kinds::patterns, kinds::twin};

}  // namespace noema::stories
