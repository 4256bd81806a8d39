// Where is a thing, or somebody, and who has it? People move, pick up, put down and hand over.

#include <algorithm>

#include "tasks/stories/world.h"

namespace noema::stories {
namespace where {
namespace {

const Words kWhereThing = {"where is the {O} right now?",
                           "where is the {O}?",
                           "where is the {O} then?",
                           "where is the {O}?",
                           "where is the {O} now?",
                           "where can (you|one|we) find the {O}?",
                           "where did the {O} end up?",
                           "where is the {O} (at|in) the end?",
                           "so where is the {O}?",
                           "where was the {O} (at|in) the end?",
                           "now where is the {O}?",
                           "(do you know|can you tell me) where the {O} is?",
                           "in (what|which) place is the {O}?",
                           "the {O} is where?",
                           "where is the {O} by now?"};
const Words kWherePerson = {"where is {P}?",
                            "where is {P}?",
                            "where is {P} now?",
                            "where can (you|we) find {P}?",
                            "where did {P} end up?",
                            "where is {P} (at|in) the end?",
                            "in (what|which) place is {P}?"};
const Words kWho = {"who has the {O}?",
                    "who has the {O} now?",
                    "who has got the {O}?",
                    "who has the {O} (at|in) the end?",
                    "who (holds|is holding) the {O}?",
                    "who ended up with the {O}?",
                    "so who has the {O}?"};
const Words kIsThing = {"is the {O} {L}?",
                        "is the {O} {L}?",
                        "is the {O} {L} now?",
                        "is the {O} now {L}?",
                        "is it true that the {O} is {L}?",
                        "did the {O} end up {L}?"};
const Words kIsPerson = {"is {P} {L}?", "is {P} {L} now?", "is it true that {P} is {L}?", "did {P} end up {L}?"};
const Words kDoesHave = {"does {P} have the {O}?", "has {P} got the {O}?", "does {P} have the {O} now?"};

enum class Ask { thing, person, who, is_thing, is_person, has };

/// A story, and the numbers of the places that its steps tell.
struct Told {
  Story story;
  std::vector<std::optional<std::size_t>> places;
  std::vector<bool> is_spot;  ///< of every place
};

struct Plan {
  Ask ask;
  Scene scene;
};

Plan draw_plan(Random& random) {
  constexpr Plan kPlans[] = {
      {Ask::thing, Scene::rooms},    {Ask::thing, Scene::spots},     {Ask::person, Scene::rooms},
      {Ask::who, Scene::hands},      {Ask::who, Scene::rooms},       {Ask::is_thing, Scene::rooms},
      {Ask::is_thing, Scene::spots}, {Ask::is_person, Scene::rooms}, {Ask::has, Scene::hands}};
  return kPlans[draw_weighted(random, {36, 20, 10, 8, 4, 7, 6, 5, 4})];
}

bool asks_for_person(Ask ask) { return ask == Ask::person || ask == Ask::is_person; }

/// Whether the world can be asked so, after as many steps as wanted, all of them different.
bool serves(const World& world, Ask ask, std::size_t hops) {
  const World::Trace& trace = asks_for_person(ask) ? world.of_person(0) : world.of_thing(0);
  if (trace.steps.size() != hops) return false;
  Words sorted = trace.steps;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return false;
  if (ask == Ask::who || ask == Ask::has) return world.holder(0).has_value();
  return trace.places.back().has_value();
}

/// A place other than the last: mostly one where it was before.
std::size_t another_place(Random& random, const World::Trace& trace, std::size_t last) {
  std::vector<std::size_t> before;
  for (const auto& place : trace.places) {
    if (place && *place != last) before.push_back(*place);
  }
  if (!before.empty() && random.chance(0.7)) return random.pick(before);
  return (last + 1 + random.below(kPlaces - 1)) % kPlaces;
}

std::string question_of(const Telling& telling, const World& world, Ask ask, Story& story) {
  Random& random = telling.random;
  const std::string& thing = world.thing(0);
  const std::string& person = world.people()[0].name;
  const World::Trace& trace = asks_for_person(ask) ? world.of_person(0) : world.of_thing(0);
  const bool yes = random.chance(0.5);
  switch (ask) {
    case Ask::thing:
      story.answer = world.place(*trace.places.back()).name;
      return telling.say(kWhereThing, {{'O', thing}});
    case Ask::person:
      story.answer = world.place(*trace.places.back()).name;
      return telling.say(kWherePerson, {{'P', person}});
    case Ask::who:
      story.answer = world.people()[*world.holder(0)].name;
      return telling.say(kWho, {{'O', thing}});
    case Ask::has: {
      const std::size_t asked = yes ? *world.holder(0) : (*world.holder(0) + 1) % world.people().size();
      story.answer = yes ? "yes" : "no";
      return telling.say(kDoesHave, {{'O', thing}, {'P', world.people()[asked].name}});
    }
    default: {
      const std::size_t last = *trace.places.back();
      const std::size_t asked = yes ? last : another_place(random, trace, last);
      story.answer = asked == last ? "yes" : "no";
      return telling.say(ask == Ask::is_thing ? kIsThing : kIsPerson,
                         {{'O', thing}, {'P', person}, {'L', world.place(asked).where}});
    }
  }
}

Told tell(Random& random, const Lexicon& words, const Renaming& renaming) {
  const Telling telling{random, words, random.chance(0.3) ? Tense::present : Tense::past};
  const Plan plan = draw_plan(random);
  const bool person = asks_for_person(plan.ask);
  const bool few = person || plan.scene == Scene::hands;
  const std::size_t hops =
      1 + (few ? draw_weighted(random, {40, 40, 20}) : draw_weighted(random, {14, 30, 28, 18, 10}));
  const std::size_t length = hops + draw_weighted(random, {45, 30, 17, 8});
  while (true) {
    World world(telling, plan.scene, renaming);
    for (int event = 0; world.told().size() < length && event < 200; ++event) world.happen();
    if (!serves(world, plan.ask, hops)) continue;
    Told told;
    Story& story = told.story;
    std::vector<Clause> clauses = world.told();
    open_story(telling, clauses);
    add_asides(telling, clauses, world.people());
    story.sentences = narrate(telling, clauses);
    story.question = capitalized(question_of(telling, world, plan.ask, story));
    const World::Trace& trace = person ? world.of_person(0) : world.of_thing(0);
    story.steps = trace.steps;
    story.asks_first = asks_first(random);
    if (plan.ask == Ask::thing || plan.ask == Ask::person) told.places = trace.places;
    for (std::size_t i = 0; i < kPlaces; ++i) told.is_spot.push_back(world.place(i).is_spot);
    return told;
  }
}

Story make(Random& random, const Lexicon& words) { return tell(random, words, kAsDrawn).story; }

/// The same world, in which the last place and another have each other's name: told to be there once, a thing stays
/// there unless the story says otherwise.
std::optional<StoryTwin> twin(Random random, const Lexicon& words) {
  Random same = random, drawn = random;
  const auto [story, places, is_spot] = tell(random, words, kAsDrawn);
  if (places.empty()) return std::nullopt;
  const std::size_t last = *places.back();
  const std::size_t other = (last + 1 + drawn.below(kPlaces - 1)) % kPlaces;
  if (is_spot[other] != is_spot[last]) return std::nullopt;
  std::size_t from = places.size() - 1;
  while (from > 0 && places[from - 1] == places.back()) --from;
  return StoryTwin{tell(same, words, {last, other}).story, from};
}

Words patterns() {
  return joined({World::patterns(), kWhereThing, kWherePerson, kWho, kIsThing, kIsPerson, kDoesHave});
}

}  // namespace
}  // namespace where

const Family where_family{"where", where::make, where::patterns, where::twin};

}  // namespace noema::stories
