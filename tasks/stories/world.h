#pragma once

#include <optional>
#include <set>

#include "tasks/stories/telling.h"

namespace noema::stories {

/// Where a thing or somebody can be.
struct Place {
  std::string name;      ///< "kitchen"
  std::string where;     ///< "in the kitchen", "at the station", "under the bed"
  bool is_spot = false;  ///< things are put there, nobody goes there
};

/// What a story of the where family is about.
enum class Scene {
  rooms,  ///< people walk, and carry things along
  spots,  ///< things are put here and there
  hands,  ///< things go from one to another, nobody says where
};

/// Two places by number, each of which bears the other's name.
using Renaming = std::pair<std::size_t, std::size_t>;
constexpr Renaming kAsDrawn = {0, 0};
constexpr std::size_t kPlaces = 4;

/// A world in which random events happen, each told in one clause and noted with the things and people it concerns.
class World {
 public:
  /// What is known of a thing or of somebody, one step a change.
  struct Trace {
    Words steps;
    std::vector<std::optional<std::size_t>> places;  ///< that the steps tell, if they tell any
  };

  World(const Telling& telling, Scene scene, const Renaming& renaming);

  /// One random event; returns false when the one that came to mind is not possible now.
  bool happen();

  const std::vector<Clause>& told() const { return told_; }
  const std::vector<Actor>& people() const { return names_; }
  const Place& place(std::size_t i) const { return places_[i]; }
  const std::string& thing(std::size_t i) const { return things_named_[i]; }
  const Trace& of_thing(std::size_t i) const { return things_[i].trace; }
  const Trace& of_person(std::size_t i) const { return people_[i].trace; }
  std::optional<std::size_t> holder(std::size_t thing) const { return things_[thing].holder; }

  /// Every pattern that events are told by.
  static Words patterns();

 private:
  using Index = std::optional<std::size_t>;

  struct Person {
    Index place;
    std::set<std::size_t> visited;
    Trace trace;
  };

  struct Thing {
    Index place;  ///< also while somebody holds it
    Index holder;
    bool told = false;
    Trace trace;
  };

  void tell(const Words& patterns, std::size_t who, Index what, Index where, Index whom = {}, bool is_event = true);
  std::string thing_word(std::size_t what, bool& refers_back) const;
  void note(std::size_t what);
  void go(std::size_t who, std::size_t where);
  void note_held(std::size_t who);
  bool can_be_at(std::size_t where, bool spot) const { return places_[where].is_spot == spot; }

  bool thing_at(std::size_t what, std::size_t where);
  bool person_at(std::size_t who, std::size_t where);
  bool move(std::size_t who, std::size_t where);
  bool find(std::size_t who, std::size_t what, std::size_t where);
  bool take(std::size_t who, std::size_t what);
  bool carry(std::size_t who, std::size_t what, std::size_t where);
  bool drop(std::size_t who, std::size_t what);
  bool give(std::size_t who, std::size_t whom, std::size_t what);
  bool put(std::size_t who, std::size_t what, std::size_t where);
  bool own(std::size_t who, std::size_t what);

  const Telling& telling_;
  Random& random_;
  Scene scene_;
  std::vector<Actor> names_;
  Words things_named_;
  std::vector<Place> places_;
  std::vector<Person> people_;
  std::vector<Thing> things_;
  std::vector<Clause> told_;
  Index last_thing_;  ///< which "it" would mean
};

}  // namespace noema::stories
