#pragma once

#include <string>
#include <vector>

#include "tasks/stories/actors.h"
#include "tasks/stories/story.h"

namespace noema::stories {

/// What a story is told with.
struct Telling {
  Random& random;
  const Lexicon& words;
  Tense tense;

  std::string say(std::string_view pattern, Fillings fillings = {}) const {
    return phrase(random, tense, pattern, fillings);
  }
  std::string say(const Words& patterns, Fillings fillings = {}) const {
    return phrase(random, tense, patterns, fillings);
  }
};

/// Somebody does something.
struct Clause {
  Actor subject;                      ///< of no name: the predicate is a sentence of its own
  std::string predicate;              ///< "gave 3 apples to Bill"
  std::vector<Actor> mentioned = {};  ///< who else is spoken of
  bool is_event = false;              ///< happens after what was told before: may begin with "Then"
  bool refers_back = false;           ///< to a thing of the clause before, as "it" or "2 of them"
  bool stands_alone = false;          ///< nothing is joined to it
  std::string opening = {};           ///< "one day, ": said before it
};

/// Says when it was, of the first clause of some stories.
void open_story(const Telling& telling, std::vector<Clause>& clauses);

/// Puts none, one or two clauses that change nothing at random places; `people` may be spoken of, and strangers too.
void add_asides(const Telling& telling, std::vector<Clause>& clauses, const std::vector<Actor>& people);

/// Clauses as sentences: with pronouns where it is clear who is meant, "and" or "then" between what belongs together.
Words narrate(const Telling& telling, const std::vector<Clause>& clauses);

/// The sentence patterns of asides.
Words aside_patterns();

/// Whether a story asks before it tells.
bool asks_first(Random& random);

}  // namespace noema::stories
