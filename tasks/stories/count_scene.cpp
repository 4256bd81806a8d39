#include "tasks/stories/amounts.h"
#include "tasks/stories/count.h"

namespace noema::stories::count {
namespace {

/// Where some of `items` are, and what the others do that come, and those that go. {N} is an amount, {P} a person.
struct Setting {
  const char* items;
  Words places;  ///< "on the roof"
  Words are, come, go;
};

const Setting kSettings[] = {
    {"flyers",
     {"on (a branch|the roof|a fence|a wire|a bench)", "in (a tree|the garden|a bush|the yard)", "(by|at) the pond"},
     {"<sit/sat>", "<are/were>", "<rest/rested>", "<are/were> sitting"},
     {"{N} <land/landed>[ there]", "{N} <fly/flew> in", "{N} <join/joined> them", "{N} <arrive/arrived>",
      "{N} <come/came>"},
     {"{N} <fly/flew> away", "{N} <fly/flew> off", "{N} <leave/left>", "{N} <are/were> scared away",
      "{N} <fly/flew> home"}},
    {"walkers",
     {"in (a field|the barn|the garden|the yard|a cage|the woods)", "(by|at) the river", "on the farm", "under a tree"},
     {"<are/were>", "<stand/stood>", "<rest/rested>", "<play/played>", "<sleep/slept>"},
     {"{N} <come/came>[ along]", "{N} <join/joined> them", "{N} <arrive/arrived>", "{N} <walk/walked> in",
      "{N} <are/were> born"},
     {"{N} <run/ran> away", "{N} <leave/left>", "{N} <go/went> away", "{N} <walk/walked> away",
      "{N} <hide/hid> in the forest", "{N} <escape/escaped>"}},
    {"folk",
     {"on (the bus|the train|a boat|the playground|the beach)",
      "in (the room|the park|the pool|the library|a cafe|the hall)",
      "at (the party|the table|the bus stop|the museum)"},
     {"<are/were>", "<sit/sat>", "<wait/waited>", "<are/were> waiting"},
     {"{N} <come/came>", "{N} <join/joined> them", "{N} <arrive/arrived>", "{N} <come/came> (late|later)",
      "{N} <show/showed> up"},
     {"{N} <leave/left>", "{N} <go/went> home", "{N} <go/went> away", "{N} <walk/walked> away",
      "{N} <have/had> to leave"}},
    {"goods",
     {"in (a box|the drawer|a bag|a jar|the basket|the closet)", "on (the table|a shelf|the desk|the floor)"},
     {"<are/were>", "<lie/lay>", "<are/were>"},
     {"{P} <puts/put> {N} there", "{P} <adds/added> {N}", "{P} <brings/brought> {N}", "{P} <puts/put> in {N}"},
     {"{P} <takes/took> {N}", "{P} <takes/took> {N} away", "{P} <removes/removed> {N}", "{P} <takes/took> out {N}",
      "{P} <sells/sold> {N}", "{P} <loses/lost> {N}"}},
    {"foods",
     {"in (a bowl|the fridge|a basket|a bag|the kitchen)", "on (a plate|the table|a tray|the counter)"},
     {"<are/were>", "<lie/lay>", "<are/were>"},
     {"{P} <puts/put> {N} there", "{P} <adds/added> {N}", "{P} <brings/brought> {N}", "{P} <buys/bought> {N}"},
     {"{P} <eats/ate> {N}", "{P} <takes/took> {N}", "{N} <are/were> eaten", "{P} <sells/sold> {N}", "{N} <go/went> bad",
      "{P} <throws/threw> away {N}"}}};

/// {B} is "sit", {L} "on the roof".
const Words kThere = {"there <are/were> {N} {L}",  "there <are/were> {N} {L}", "{N} {B} {L}",
                      "{L}, there <are/were> {N}", "{L} <are/were> {N}",       "there <are/were> {N} {B} {L}"};
const Words kNow = {"how many {X} are there[ now]?", "how many {X} are {L}?",
                    "how many {X} are {L} now?",     "how many {X} are now {L}?",
                    "now how many {X} are there?",   "how many are there (now|in the end)?"};
const Words kLeft = {"how many {X} are left?",      "how many {X} are left {L}?", "how many are left?",
                     "how many {X} are still {L}?", "how many {X} remain?",       "how many {X} stay?"};

}  // namespace

Story make_scene(const Telling& telling) {
  Random& random = telling.random;
  const Amounts amounts(random);
  const Setting& setting = kSettings[draw_weighted(random, {26, 18, 24, 18, 14})];
  const std::string noun = random.pick(telling.words[setting.items]);
  const std::string place = telling.say(setting.places);
  const std::vector<Actor> people = draw_people(random, telling.words, 2);
  int count = random.between(2, random.chance(0.8) ? 12 : kLargest - 1);

  Story story;
  std::string there;
  do {
    there = telling.say(
        kThere, {{'N', amounts.number(count) + ' ' + plural(noun)}, {'L', place}, {'B', telling.say(setting.are)}});
  } while (there.starts_with("there") && there.find(" are ", 12) != std::string::npos);
  std::vector<Clause> clauses = {{{}, there}};
  story.steps.push_back("There are " + counted(count, noun) + '.');
  bool loss = false;
  Words seen;
  for (std::size_t change = 0, changes = 1 + draw_weighted(random, {60, 30, 10}); change < changes; ++change) {
    loss = count > 16 || (count > 2 && random.chance(0.65));
    const int amount = loss ? random.between(2, std::min(9, count)) : random.between(2, std::min(9, kLargest - count));
    const std::string beginning = std::to_string(amount) + (loss ? " fewer" : " more");
    bool told = false;
    for (const std::string& before : seen) told = told || before == beginning;
    if (told) continue;
    seen.push_back(beginning);
    const Actor& who = people[random.below(2)];
    const std::string text =
        telling.say(loss ? setting.go : setting.come, {{'N', amounts.again(amount, noun, !loss)}, {'P', who.name}});
    clauses.push_back({{}, text, {}, true, true});
    const int after = loss ? count - amount : count + amount;
    story.steps.push_back("There are " + beginning + sum(count, loss ? '-' : '+', amount, after));
    count = after;
  }
  add_asides(telling, clauses, {});
  story.sentences = narrate(telling, clauses);
  story.question =
      capitalized(telling.say(loss && random.chance(0.7) ? kLeft : kNow, {{'X', plural(noun)}, {'L', place}}));
  story.answer = std::to_string(count);
  story.asks_first = story.question.find(plural(noun)) != std::string::npos && asks_first(random);
  return story;
}

Words scene_patterns() {
  Words all = joined({kThere, kNow, kLeft});
  for (const Setting& setting : kSettings) {
    all = joined({all, setting.places, setting.are, setting.come, setting.go});
  }
  return all;
}

}  // namespace noema::stories::count
