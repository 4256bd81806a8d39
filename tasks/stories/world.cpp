#include "tasks/stories/world.h"

namespace noema::stories {
namespace world {
namespace {

/// {O} is "the key" or "it", {L} "in the kitchen", {K} "the kitchen", {Q} somebody else.
const Words kThingAt = {"<is/was> {L}",
                        "<is/was> {L}[ at first]",
                        "<lies/lay> {L}",
                        "~(someone|somebody) left {O} {L}",
                        "~there <is/was> {o} {L}",
                        "~(at first|in the beginning|this morning) {O} <is/was> {L}",
                        "<is/was> (kept|left) {L}"};
const Words kPersonAt = {"<is/was> {L}",
                         "<is/was> {L}[ at first]",
                         "<waits/waited> {L}",
                         "<sits/sat> {L}",
                         "<stands/stood> {L}",
                         "<stays/stayed> {L}",
                         "<is/was> (standing|waiting|sitting) {L}"};
const Words kMove = {"<goes/went> to {K}",        "<goes/went> to {K}",        "<walks/walked> to {K}",
                     "<runs/ran> to {K}",         "<moves/moved> to {K}",      "<hurries/hurried> to {K}",
                     "<travels/traveled> to {K}", "<comes/came> to {K}",       "<goes/went> back to {K}",
                     "<heads/headed> to {K}",     "<rushes/rushed> to {K}",    "<goes/went> over to {K}",
                     "<returns/returned> to {K}", "<walks/walked> over to {K}"};
const Words kFind = {"<finds/found> {O} {L}", "<picks/picked> up {O} {L}", "<takes/took> {O} {L}", "<gets/got> {O} {L}",
                     "<sees/saw> {O} {L} and <takes/took> it"};
const Words kTake = {
    "<takes/took> {O}",     "<picks/picked> up {O}",     "<picks/picked> {O} up",  "<grabs/grabbed> {O}",
    "<gets/got> {O}",       "<grabs/grabbed> {O} there", "<takes/took> {O} along", "<picks/picked> {O} up there",
    "<lifts/lifted> {O} up"};
const Words kCarry = {"<carries/carried> {O} to {K}", "<takes/took> {O} to {K}", "<brings/brought> {O} to {K}",
                      "<takes/took> {O} with {h} to {K}", "<goes/went> to {K} with {O}"};
const Words kDrop = {"<drops/dropped> {O}",     "<puts/put> down {O}",       "<puts/put> {O} down",
                     "<leaves/left> {O} there", "<drops/dropped> {O} there", "<puts/put> {O} down there",
                     "<sets/set> {O} down",     "<lays/laid> {O} down"};
const Words kGive = {"<gives/gave> {O} to {Q}", "<hands/handed> {O} to {Q}",      "<passes/passed> {O} to {Q}",
                     "<gives/gave> {O} to {Q}", "<hands/handed> {O} over to {Q}", "<throws/threw> {O} to {Q}"};
const Words kGiveTo = {"<gives/gave> {Q} {O}", "<hands/handed> {Q} {O}", "<passes/passed> {Q} {O}"};
const Words kGiveAway = {"<sells/sold> {O} to {Q}", "<lends/lent> {O} to {Q}", "<sends/sent> {O} to {Q}",
                         "<gives/gave> {O} to {Q}", "<shows/showed> and <gives/gave> {O} to {Q}"};
const Words kGet = {"<gets/got> {O} from {Q}", "<takes/took> {O} from {Q}", "<borrows/borrowed> {O} from {Q}",
                    "<receives/received> {O} from {Q}", "<buys/bought> {O} from {Q}"};
const Words kPut = {"<puts/put> {O} {L}",
                    "<puts/put> {O} {L}",
                    "<places/placed> {O} {L}",
                    "<leaves/left> {O} {L}",
                    "<hides/hid> {O} {L}",
                    "<lays/laid> {O} {L}",
                    "<moves/moved> {O} and <puts/put> it {L}",
                    "<sets/set> {O} down {L}",
                    "<keeps/kept> {O} {L}",
                    "<stores/stored> {O} {L}"};
const Words kOwn = {"<has/had> {O}",         "<has/had> {o}",     "<owns/owned> {o}",
                    "<finds/found> {o}",     "<buys/bought> {o}", "<takes/took> {O}",
                    "<picks/picked> up {O}", "<holds/held> {O}",  "<gets/got> {o}"};

Place place_of(const char* preposition, const std::string& noun, bool is_spot) {
  return {noun, std::string(preposition) + " the " + noun, is_spot};
}

Place draw_place(Random& random, const Lexicon& words) {
  switch (draw_weighted(random, {50, 34, 16})) {
    case 0:
      return place_of("in", random.pick(words["rooms"]), false);
    case 1:
      return place_of("in", random.pick(words["places"]), false);
    default:
      return place_of("at", random.pick(words["sites"]), false);
  }
}

Place draw_spot(Random& random, const Lexicon& words) {
  switch (draw_weighted(random, {36, 36, 14, 8, 6})) {
    case 0:
      return place_of("on", random.pick(words["spots on"]), true);
    case 1:
      return place_of("in", random.pick(words["spots in"]), true);
    case 2:
      return place_of("under", random.pick(words["spots under"]), true);
    case 3:
      return place_of("behind", random.pick(words["spots behind"]), true);
    default:
      return place_of("in", random.pick(words["rooms"]), true);
  }
}

std::vector<Place> draw_places(const Telling& telling, Scene scene) {
  std::vector<Place> places;
  while (places.size() < kPlaces) {
    const bool spot =
        scene == Scene::spots || (scene == Scene::rooms && places.size() == 3 && telling.random.chance(0.4));
    Place place = spot ? draw_spot(telling.random, telling.words) : draw_place(telling.random, telling.words);
    bool known = false;
    for (const Place& other : places) known = known || other.name == place.name;
    if (!known) places.push_back(std::move(place));
  }
  return places;
}

/// Things that are none of the places: nobody puts a box into the box.
Words draw_things(const Telling& telling, const std::vector<Place>& places) {
  while (true) {
    Words things = draw(telling.random, telling.words["things"], 2);
    bool clash = false;
    for (const Place& place : places) clash = clash || place.name == things[0] || place.name == things[1];
    if (!clash) return things;
  }
}

}  // namespace
}  // namespace world

using namespace world;

World::World(const Telling& telling, Scene scene, const Renaming& renaming)
    : telling_(telling),
      random_(telling.random),
      scene_(scene),
      names_(draw_people(random_, telling.words,
                         scene == Scene::hands ? 2 + random_.below(2) : 1 + draw_weighted(random_, {40, 42, 18}))),
      places_(draw_places(telling, scene)),
      people_(names_.size()),
      things_(2) {
  things_named_ = draw_things(telling, places_);
  Place &one = places_[renaming.first], &other = places_[renaming.second];
  std::swap(one.name, other.name);
  std::swap(one.where, other.where);
}

bool World::happen() {
  const std::size_t who = random_.below(people_.size()), whom = random_.below(people_.size());
  const std::size_t what = random_.chance(0.75) ? 0 : 1;
  const std::size_t where = random_.below(places_.size());
  if (scene_ == Scene::hands) {
    if (random_.chance(0.3)) return own(who, what);
    return give(who, whom, what);
  }
  if (scene_ == Scene::spots) {
    switch (draw_weighted(random_, {30, 40, 18, 12})) {
      case 0:
        return thing_at(what, where);
      case 1:
        return put(who, what, where);
      case 2:
        return take(who, what);
      default:
        return give(who, whom, what);
    }
  }
  switch (draw_weighted(random_, {9, 9, 30, 6, 20, 8, 12, 14, 6})) {
    case 0:
      return thing_at(what, where);
    case 1:
      return person_at(who, where);
    case 2:
      return move(who, where);
    case 3:
      return find(who, what, where);
    case 4:
      return take(who, what);
    case 5:
      return carry(who, what, where);
    case 6:
      return drop(who, what);
    case 7:
      return give(who, whom, what);
    default:
      return put(who, what, where);
  }
}

/// "it" where the clause before speaks of the same thing.
std::string World::thing_word(std::size_t what, bool& refers_back) const {
  refers_back = last_thing_ == what && random_.chance(0.4);
  return refers_back ? "it" : "the " + things_named_[what];
}

void World::tell(const Words& patterns, std::size_t who, Index what, Index where, Index whom, bool is_event) {
  Clause clause{names_[who], "", {}, is_event};
  const std::string thing = what ? thing_word(*what, clause.refers_back) : "";
  const std::string with_a = what ? (clause.refers_back ? thing : with_article(things_named_[*what])) : "";
  const std::string place = where ? places_[*where].where : "";
  const std::string_view him = names_[who].pronoun == Pronoun::she ? "her" : "him";
  clause.predicate = telling_.say(patterns, {{'O', thing},
                                             {'o', things_[what.value_or(0)].told ? thing : with_a},
                                             {'L', place},
                                             {'K', where ? place.substr(place.find("the ")) : ""},
                                             {'h', him},
                                             {'Q', whom ? names_[*whom].name : ""}});
  if (whom) clause.mentioned.push_back(names_[*whom]);
  if (what) clause.mentioned.push_back({"the " + things_named_[*what]});
  if (what) things_[*what].told = true;
  last_thing_ = what;
  told_.push_back(std::move(clause));
}

void World::note(std::size_t what) {
  Thing& thing = things_[what];
  const std::string name = "the " + things_named_[what];
  thing.trace.places.push_back(thing.place);
  const std::string place = thing.place ? ' ' + places_[*thing.place].where : "";
  thing.trace.steps.push_back(thing.holder ? names_[*thing.holder].name + " has " + name + place + '.'
                                           : capitalized(name) + " is" + place + '.');
}

void World::go(std::size_t who, std::size_t where) {
  Person& person = people_[who];
  if (person.place != where) {
    person.trace.steps.push_back(names_[who].name + " is " + places_[where].where + '.');
    person.trace.places.emplace_back(where);
  }
  person.place = where;
  person.visited.insert(where);
  for (Thing& thing : things_) {
    if (thing.holder == who) thing.place = where;
  }
}

void World::note_held(std::size_t who) {
  for (std::size_t i = 0; i < things_.size(); ++i) {
    if (things_[i].holder == who) note(i);
  }
}

bool World::thing_at(std::size_t what, std::size_t where) {
  Thing& thing = things_[what];
  if (thing.told || thing.place) return false;
  thing.place = where;
  const std::string name = "the " + things_named_[what];
  const std::string text =
      telling_.say(kThingAt, {{'O', name}, {'o', with_article(things_named_[what])}, {'L', places_[where].where}});
  Clause clause{{name}, text};
  if (text.starts_with('~')) clause = {{}, text.substr(1), {{name}}};
  told_.push_back(std::move(clause));
  thing.told = true;
  last_thing_ = what;
  note(what);
  return true;
}

bool World::person_at(std::size_t who, std::size_t where) {
  if (people_[who].place || places_[where].is_spot) return false;
  go(who, where);
  tell(kPersonAt, who, {}, where, {}, false);
  return true;
}

/// Nobody comes to a place twice, so that "P has O in L" tells how far the story has been read.
bool World::move(std::size_t who, std::size_t where) {
  if (people_[who].visited.contains(where) || places_[where].is_spot) return false;
  go(who, where);
  tell(kMove, who, {}, where);
  note_held(who);
  return true;
}

bool World::find(std::size_t who, std::size_t what, std::size_t where) {
  const Index known = people_[who].place;
  Thing& thing = things_[what];
  if (thing.told || thing.place || places_[where].is_spot || (known && *known != where)) return false;
  go(who, where);
  thing.place = where;
  thing.holder = who;
  tell(kFind, who, what, where);
  note(what);
  return true;
}

/// A thing that nobody has spoken of yet is where its taker is, who has been to one place only.
bool World::take(std::size_t who, std::size_t what) {
  Person& person = people_[who];
  Thing& thing = things_[what];
  if (thing.holder) return false;
  if (scene_ == Scene::spots) {
    if (!thing.place) return false;
    thing.place.reset();
  } else if (!thing.place) {
    if (person.visited.size() != 1) return false;
    thing.place = person.place;
    thing.trace.places.emplace_back();
    thing.trace.steps.push_back(names_[who].name + " takes the " + things_named_[what] + '.');
  } else {
    const bool is_elsewhere = person.place && person.place != thing.place;
    if (places_[*thing.place].is_spot || is_elsewhere) return false;
    if (!person.place) go(who, *thing.place);
  }
  thing.holder = who;
  tell(kTake, who, what, {});
  note(what);
  return true;
}

bool World::carry(std::size_t who, std::size_t what, std::size_t where) {
  if (things_[what].holder != who || people_[who].visited.contains(where) || places_[where].is_spot) return false;
  go(who, where);
  tell(kCarry, who, what, where);
  note_held(who);
  return true;
}

bool World::drop(std::size_t who, std::size_t what) {
  if (things_[what].holder != who || !things_[what].place) return false;
  things_[what].holder.reset();
  tell(kDrop, who, what, {});
  note(what);
  return true;
}

bool World::give(std::size_t who, std::size_t whom, std::size_t what) {
  const Index here = people_[who].place, there = people_[whom].place;
  if (things_[what].holder != who || who == whom || (there && there != here)) return false;
  if (here) go(whom, *here);
  things_[what].holder = whom;
  switch (draw_weighted(random_, {50, 25, scene_ == Scene::hands ? 20 : 0, 15})) {
    case 0:
      tell(kGive, who, what, {}, whom);
      break;
    case 1:
      if (last_thing_ == what) last_thing_.reset();  // nobody says "gave him it"
      tell(kGiveTo, who, what, {}, whom);
      break;
    case 2:
      tell(kGiveAway, who, what, {}, whom);
      break;
    default:
      tell(kGet, whom, what, {}, who);
  }
  note(what);
  return true;
}

/// Into a spot: of a room, where its holder is, or of nobody knows which.
bool World::put(std::size_t who, std::size_t what, std::size_t where) {
  Thing& thing = things_[what];
  if (!places_[where].is_spot || thing.place == where) return false;
  const bool held = thing.holder == who;
  if (scene_ == Scene::rooms ? !held : thing.holder && !held) return false;
  thing.holder.reset();
  thing.place = where;
  tell(kPut, who, what, where);
  note(what);
  return true;
}

/// Somebody has a thing that nobody has spoken of yet.
bool World::own(std::size_t who, std::size_t what) {
  if (things_[what].told) return false;
  things_[what].holder = who;
  tell(kOwn, who, what, {}, {}, false);
  note(what);
  return true;
}

Words World::patterns() {
  return joined({kThingAt,
                 kPersonAt,
                 kMove,
                 kFind,
                 kTake,
                 kCarry,
                 kDrop,
                 kGive,
                 kGiveTo,
                 kGiveAway,
                 kGet,
                 kPut,
                 kOwn,
                 {"in the at on under behind"}});
}

}  // namespace noema::stories
