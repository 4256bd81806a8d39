#include "tasks/stories/telling.h"

#include <algorithm>

namespace noema::stories {
namespace {

const Words kPersonAside = {
    "<is/was> (hungry|tired|happy|in a good mood|very busy|cheerful|a bit late|thirsty|sleepy|bored|in a hurry)",
    "<feels/felt> (happy|tired|cold|warm|lucky|calm)",
    "<sings/sang> a song",
    "<tells/told> a (joke|story|riddle)",
    "<looks/looked> (at the sky|out of the window|around|at the clock|tired)",
    "<laughs/laughed>[ out loud]",
    "<yawns/yawned>",
    "<likes/liked> (music|the weather|sunny days|old songs|to talk|the rain|long walks)",
    "<waves/waved> (at a neighbor|to everyone)",
    "<wears/wore> (a red hat|new shoes|a blue scarf|an old coat)",
    "<hums/hummed> a tune",
    "<smiles/smiled>",
    "<is/was> talking about the weather",
    "<lives/lived> (in a small town|near the sea|on a farm|in a big city)",
    "<has/had> a (good|long|busy|quiet) day",
    "<is/was> wearing (a green shirt|boots|glasses)"};
const Words kAside = {"it <is/was> a (sunny|cold|warm|windy|rainy|beautiful|quiet) (day|morning|afternoon|evening)",
                      "it <is/was> (raining|snowing|windy|cold|warm|getting late) outside",
                      "the (day|afternoon|evening) <is/was> (long|quiet|cold)",
                      "nobody <is/was> in a hurry",
                      "the sun <is/was> shining",
                      "everyone <is/was> (happy|in a good mood|tired)",
                      "music <is/was> playing",
                      "a dog <is/was> barking",
                      "the birds <are/were> singing"};
const Words kLeads = {"then ",  "then ",        "after that, ",     "later, ",
                      "next, ", "afterwards, ", "a little later, ", "soon "};
const Words kOpenings = {
    "(one day|once|yesterday|today|last week|this morning|last night|earlier today|long ago), ",
    "(on|last) (Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)[,] ",
    "(in the morning|in the evening|at noon|after lunch|before school|during the break|at night), ",
    "(in summer|in winter|on a rainy day|on a sunny day|at the weekend|in May|after school), "};
const Words kOpeningsNow = {"(today|right now|at the moment|this morning|here|this week|now), "};
const Words kHer = {"my (friend|sister|cousin|neighbor|classmate|aunt|niece) ", "(little|old|young) ",
                    "(a girl|a woman|a child) (named|called) ", "our (friend|neighbor|teacher|baker) "};
const Words kHim = {"my (friend|brother|cousin|neighbor|classmate|uncle|nephew) ", "(little|old|young) ",
                    "(a boy|a man|a child) (named|called) ", "our (friend|neighbor|teacher|baker) "};

/// Whether the pronoun of `actor` can mean nobody else among those spoken of.
bool is_clear(const Actor& actor, const std::vector<Actor>& spoken_of) {
  bool found = false;
  for (const Actor& other : spoken_of) {
    if (other == actor) {
      found = true;
    } else if (other.pronoun == actor.pronoun) {
      return false;
    }
  }
  return found;
}

/// Writes one clause after the other, and joins some.
class Narrator {
 public:
  explicit Narrator(const Telling& telling) : telling_(telling), random_(telling.random) {}

  void tell(const Clause& clause) {
    const bool goes_on =
        !sentences_.empty() && joined_ == 0 && !clause.stands_alone && !clause.subject.name.empty() && last_ != Actor{};
    if (goes_on && clause.subject == last_ && random_.chance(0.3)) {
      append(clause.is_event ? telling_.say("( and |, then | and then |, and then | and )") : " and ",
             clause.predicate);
    } else if (goes_on && clause.subject != last_ && random_.chance(0.18)) {
      append(telling_.say("(, and |, and | and |, but |; )"), clause.subject.name + ' ' + clause.predicate);
    } else {
      begin(clause);
    }
    if (!clause.subject.name.empty()) spoken_of_.push_back(clause.subject);
    spoken_of_.insert(spoken_of_.end(), clause.mentioned.begin(), clause.mentioned.end());
    known_.insert(known_.end(), spoken_of_.begin(), spoken_of_.end());
    last_ = clause.stands_alone ? Actor{} : clause.subject;
  }

  Words sentences() && {
    for (std::string& sentence : sentences_) sentence = capitalized(std::move(sentence)) + '.';
    return std::move(sentences_);
  }

 private:
  void append(const std::string& joint, const std::string& text) {
    sentences_.back() += joint + text;
    ++joined_;
  }

  void begin(const Clause& clause) {
    std::string sentence = clause.opening;
    if (clause.is_event && clause.opening.empty() && !sentences_.empty() && random_.chance(0.2))
      sentence += random_.pick(kLeads);
    if (!clause.subject.name.empty()) {
      const bool pronoun = is_clear(clause.subject, spoken_of_) && random_.chance(0.55);
      sentence += pronoun ? std::string(subject_form(clause.subject.pronoun)) : introduced(clause.subject);
      sentence += ' ';
    }
    sentences_.push_back(sentence + clause.predicate);
    spoken_of_.clear();
    joined_ = 0;
  }

  /// "my friend Tom", of some who are spoken of for the first time and have a first name only.
  std::string introduced(const Actor& actor) {
    const bool known = std::find(known_.begin(), known_.end(), actor) != known_.end();
    const bool is_kin =
        contains(telling_.words["kin women"], actor.name) || contains(telling_.words["kin men"], actor.name);
    if (known || is_kin || actor.pronoun == Pronoun::it || actor.name.find(' ') != std::string::npos) return actor.name;
    if (!random_.chance(0.12)) return actor.name;
    return telling_.say(actor.pronoun == Pronoun::she ? kHer : kHim) + actor.name;
  }

  static bool contains(const Words& words, const std::string& word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  }

  const Telling& telling_;
  Random& random_;
  Words sentences_;
  Actor last_;
  std::vector<Actor> spoken_of_;  ///< in the last sentence
  std::vector<Actor> known_;      ///< spoken of at all
  int joined_ = 0;
};

}  // namespace

void add_asides(const Telling& telling, std::vector<Clause>& clauses, const std::vector<Actor>& people) {
  Random& random = telling.random;
  const std::size_t count = draw_weighted(random, {70, 25, 5});
  for (std::size_t i = 0; i < count; ++i) {
    Clause aside;
    aside.stands_alone = true;
    if (random.chance(0.7)) {
      const bool known = !people.empty() && random.chance(0.7);
      aside.subject = known ? random.pick(people) : draw_people(random, telling.words, 1).front();
      aside.predicate = telling.say(kPersonAside);
    } else {
      aside.predicate = telling.say(kAside);
    }
    const std::size_t at = random.below(clauses.size() + 1);
    if (at < clauses.size() && clauses[at].refers_back) continue;
    clauses.insert(clauses.begin() + static_cast<std::ptrdiff_t>(at), std::move(aside));
  }
}

Words narrate(const Telling& telling, const std::vector<Clause>& clauses) {
  Narrator narrator(telling);
  for (const Clause& clause : clauses) narrator.tell(clause);
  return std::move(narrator).sentences();
}

void open_story(const Telling& telling, std::vector<Clause>& clauses) {
  if (clauses.front().subject.name.empty() || !telling.random.chance(0.35)) return;
  clauses.front().opening = telling.say(telling.tense == Tense::present ? kOpeningsNow : kOpenings);
}

Words aside_patterns() {
  return joined({kPersonAside, kAside, kLeads, kOpenings, kOpeningsNow, kHer, kHim, {"and but he she it"}});
}

bool asks_first(Random& random) { return random.chance(0.1); }

}  // namespace noema::stories
