// Where is a thing? People move, pick up, put down and hand over; whoever holds a thing takes it along.

#include <set>

#include "tasks/stories/story.h"

namespace noema::stories {
namespace where {
namespace {

const Words kThingAt = {"The {O} was in the {L}.", "At first the {O} was in the {L}.",
                        "Someone left the {O} in the {L}.", "The {O} lay in the {L}."};
const Words kPersonAt = {"{P} was in the {L}.", "At first {P} was in the {L}.", "{P} waited in the {L}."};
const Words kMove = {"{P} went to the {L}.",   "{P} walked to the {L}.",   "{P} ran to the {L}.",
                     "{P} moved to the {L}.",  "{P} hurried to the {L}.",  "Then {P} went to the {L}.",
                     "{P} came into the {L}.", "{P} walked into the {L}.", "After that {P} went to the {L}."};
const Words kFind = {"{P} found the {O} in the {L}.", "{P} picked up the {O} in the {L}.",
                     "In the {L}, {P} took the {O}."};
const Words kTake = {"{P} took the {O}.", "{P} picked up the {O}.", "{P} grabbed the {O}.",
                     "Then {P} picked the {O} up.", "{P} got the {O}."};
const Words kCarry = {"{P} carried the {O} to the {L}.", "{P} took the {O} to the {L}.",
                      "{P} brought the {O} to the {L}."};
const Words kDrop = {"{P} dropped the {O}.", "{P} put down the {O}.", "{P} put the {O} down.",
                     "{P} left the {O} there."};
const Words kGive = {"{P} gave the {O} to {Q}.", "{P} handed the {O} to {Q}.", "{P} passed the {O} to {Q}.",
                     "{P} gave {Q} the {O}.", "Then {P} handed {Q} the {O}."};
const Words kQuestion = {"Where is the {O}?", "Where is the {O} now?", "Where can you find the {O}?",
                         "Where did the {O} end up?", "Where is the {O} at the end?"};

constexpr std::size_t kPlaces = 4;
constexpr int kNobody = -1;
constexpr int kUnknown = -1;

struct Person {
  int place = kUnknown;
  std::set<int> visited;
};

struct Thing {
  int place = kUnknown;  ///< also while somebody holds it
  int holder = kNobody;
  Words trace;              ///< what one knows about it, one step a change
  std::vector<int> places;  ///< that the steps tell; `kUnknown` for one that tells none
};

/// Two places by number, each of which bears the other's name.
using Renaming = std::pair<std::size_t, std::size_t>;
constexpr Renaming kAsDrawn = {0, 0};

/// A world in which random events happen, each told in one sentence and noted with the things it concerns.
class World {
 public:
  World(Random& random, const Renaming& renaming)
      : random_(random),
        names_(draw_people(random, 2 + random.below(2))),
        things_named_(draw(random, stories::things(), 2)),
        places_named_(draw(random, stories::places(), kPlaces)),
        people_(names_.size()),
        things_(things_named_.size()) {
    std::swap(places_named_[renaming.first], places_named_[renaming.second]);
  }

  /// One random event; returns false when the one that came to mind is not possible now.
  bool happen() {
    const int who = pick(people_.size());
    const int what = random_.chance(0.7) ? 0 : 1;
    const int where = pick(places_named_.size());
    switch (draw_weighted(random_, {8, 8, 30, 6, 20, 8, 13, 17})) {
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
      default:
        return give(who, pick(people_.size()), what);
    }
  }

  const Words& told() const { return told_; }
  const Words& names() const { return names_; }
  const Words& trace() const { return things_[0].trace; }
  const std::string& asked_thing() const { return things_named_[0]; }
  std::string asked_place() const { return things_[0].place < 0 ? "" : places_named_[at(things_[0].place)]; }

  /// For each step the number of the place that it tells.
  const std::vector<int>& told_places() const { return things_[0].places; }

 private:
  static std::size_t at(int index) { return static_cast<std::size_t>(index); }
  int pick(std::size_t count) { return static_cast<int>(random_.below(count)); }

  void tell(const Words& patterns, int who, int what, int where, int whom = kNobody) {
    const auto name = [](const Words& names, int i) { return i < 0 ? std::string() : names[at(i)]; };
    told_.push_back(fill(random_.pick(patterns), {{'P', name(names_, who)},
                                                  {'Q', name(names_, whom)},
                                                  {'O', name(things_named_, what)},
                                                  {'L', name(places_named_, where)}}));
  }

  void note(int what) {
    Thing& thing = things_[at(what)];
    const std::string& name = things_named_[at(what)];
    const std::string& place = places_named_[at(thing.place)];
    thing.places.push_back(thing.place);
    thing.trace.push_back(thing.holder == kNobody ? fill("The {O} is in the {L}.", {{'O', name}, {'L', place}})
                                                  : fill("{P} has the {O} in the {L}.",
                                                         {{'P', names_[at(thing.holder)]}, {'O', name}, {'L', place}}));
  }

  void go(int who, int where) {
    people_[at(who)].place = where;
    people_[at(who)].visited.insert(where);
    for (Thing& thing : things_) {
      if (thing.holder == who) thing.place = where;
    }
  }

  void note_held(int who) {
    for (std::size_t i = 0; i < things_.size(); ++i) {
      if (things_[i].holder == who) note(static_cast<int>(i));
    }
  }

  bool thing_at(int what, int where) {
    if (things_[at(what)].place != kUnknown) return false;
    things_[at(what)].place = where;
    tell(kThingAt, kNobody, what, where);
    note(what);
    return true;
  }

  bool person_at(int who, int where) {
    if (people_[at(who)].place != kUnknown) return false;
    go(who, where);
    tell(kPersonAt, who, kUnknown, where);
    return true;
  }

  /// Nobody comes to a place twice, so that "P has O in L" tells how far the story has been read.
  bool move(int who, int where) {
    if (people_[at(who)].visited.contains(where)) return false;
    go(who, where);
    tell(kMove, who, kUnknown, where);
    note_held(who);
    return true;
  }

  bool find(int who, int what, int where) {
    const int known = people_[at(who)].place;
    if (things_[at(what)].place != kUnknown || (known != kUnknown && known != where)) return false;
    go(who, where);
    things_[at(what)] = {where, who, {}, {}};
    tell(kFind, who, what, where);
    note(what);
    return true;
  }

  /// A thing that nobody has spoken of yet is where its taker is, who has been to one place only.
  bool take(int who, int what) {
    Person& person = people_[at(who)];
    Thing& thing = things_[at(what)];
    if (thing.holder != kNobody) return false;
    if (thing.place == kUnknown) {
      if (person.visited.size() != 1) return false;
      thing.place = person.place;
      thing.places.push_back(kUnknown);
      thing.trace.push_back(fill("{P} takes the {O}.", {{'P', names_[at(who)]}, {'O', things_named_[at(what)]}}));
    } else if (person.place == kUnknown) {
      go(who, thing.place);
    } else if (person.place != thing.place) {
      return false;
    }
    thing.holder = who;
    tell(kTake, who, what, kUnknown);
    note(what);
    return true;
  }

  bool carry(int who, int what, int where) {
    if (things_[at(what)].holder != who || people_[at(who)].visited.contains(where)) return false;
    go(who, where);
    tell(kCarry, who, what, where);
    note_held(who);
    return true;
  }

  bool drop(int who, int what) {
    if (things_[at(what)].holder != who) return false;
    things_[at(what)].holder = kNobody;
    tell(kDrop, who, what, kUnknown);
    note(what);
    return true;
  }

  bool give(int who, int whom, int what) {
    Person& receiver = people_[at(whom)];
    const int here = people_[at(who)].place;
    if (things_[at(what)].holder != who || who == whom) return false;
    if (receiver.place != kUnknown && receiver.place != here) return false;
    go(whom, here);
    things_[at(what)].holder = whom;
    tell(kGive, who, what, kUnknown, whom);
    note(what);
    return true;
  }

  Random& random_;
  Words names_;
  Words things_named_;
  Words places_named_;
  std::vector<Person> people_;
  std::vector<Thing> things_;
  Words told_;
};

/// A story, and the number of the place that each step tells.
struct ToldStory {
  Story story;
  std::vector<int> places;
};

ToldStory tell(Random& random, const Renaming& renaming) {
  const std::size_t hops = 2 + draw_weighted(random, {24, 30, 24, 14, 8});  // steps before the answer
  const std::size_t length = hops + 2 + random.below(3);                    // sentences
  while (true) {
    World world(random, renaming);
    while (world.told().size() < length) world.happen();
    const Words& trace = world.trace();
    const bool unique = std::set<std::string>(trace.begin(), trace.end()).size() == trace.size();
    if (trace.size() != hops || !unique) continue;
    Story story{world.told(), fill(random.pick(kQuestion), {{'O', world.asked_thing()}}), trace, world.asked_place()};
    add_fillers(random, story.sentences, world.names());
    return {std::move(story), world.told_places()};
  }
}

Story make(Random& random) { return tell(random, kAsDrawn).story; }

/// The same world, in which the last place and another have each other's name: told to be there once, a thing stays
/// there unless the story says otherwise.
std::optional<StoryTwin> twin(Random random) {
  Random same = random, drawn = random;
  const std::vector<int> places = tell(random, kAsDrawn).places;
  const auto last = static_cast<std::size_t>(places.back());
  const std::size_t other = (last + 1 + drawn.below(kPlaces - 1)) % kPlaces;
  std::size_t from = places.size() - 1;
  while (from > 0 && places[from - 1] == places.back()) --from;
  return StoryTwin{tell(same, {last, other}).story, from};
}

Words patterns() { return joined({kThingAt, kPersonAt, kMove, kFind, kTake, kCarry, kDrop, kGive, kQuestion}); }

}  // namespace
}  // namespace where

const Family where_family{"where", where::make, where::patterns, where::twin};

}  // namespace noema::stories
