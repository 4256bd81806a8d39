// What happened first or last, or before or after something? From events told two by two, or from days and hours.

#include <array>

#include "tasks/stories/dates.h"
#include "tasks/stories/line.h"
#include "tasks/stories/telling.h"

namespace noema::stories {
namespace time {
namespace {

/// {A} is before {B}; both are "the lunch". What begins with ~ is a whole sentence, others go on from {A}, with - from
/// {B}.
const Words kEvents = {"(came|was|took place|happened|was held) before {B}",
                       "-(came|was|took place|happened|was held) after {A}",
                       "(came|was|happened) earlier than {B}",
                       "-(came|was|happened) later than {A}",
                       "-followed {A}[ (directly|later)]",
                       "-came (right|soon|just|some time) after {A}",
                       "came (right|just|shortly) before {B}",
                       "~before {B} (came|there was) {A}",
                       "~after {A} (came|there was) {B}",
                       "(was over|ended|was finished) before {B} (began|started)",
                       "-(began|started) (after|when|once) {A} (was over|had ended)",
                       "~there was {A} and (then|after that|later) {B}"};
/// {A} and {B} are people, {V} is "arrived", {v} "arrive".
const Words kPeople = {
    "{V} before {B}",       "{V} before {B} did",  "{V} (a bit|an hour|a day|just|long|ten minutes) before {B}",
    "-{V} after {A}",       "-{V} after {A} did",  "-{V} (a bit|an hour|a day|just|long|ten minutes) after {A}",
    "{V} earlier than {B}", "-{V} later than {A}", "~{A} {V}, and then {B} did"};
/// {P} did {A} and then {B}, "ate breakfast" and "took a nap"; {h} is "he".
const Words kDeeds = {"{A} before {h} {B}", "{B} after {h} {A}",       "{A} and then {B}",
                      "{A}, then {B}",      "~after {P} {A}, {h} {B}", "~before {P} {B}, {h} {A}"};
/// The same from the first deed on.
const Words kDeedFirstLead = {"first[,] {P} {A}", "{P} {A}", "{P} {A} first", "at first {P} {A}",
                              "in the morning {P} {A}"};
const Words kDeedNextLead = {"then {P} {A}", "then {P} {A}", "next, {P} {A}", "after that, {P} {A}",
                             "afterwards {P} {A}"};
const Words kDeedLastLead = {"then {P} {A}",       "after that, {P} {A}", "finally, {P} {A}",
                             "in the end {P} {A}", "at last {P} {A}",     "last of all, {P} {A}"};
/// Sentences that tell nothing about when.
const Words kEventAside = {"(everyone|nobody) (liked|enjoyed|missed|remembers) {E}",
                           "{E} was (long|short|fun|boring|great)", "many people came to {E}"};

const Words kFirst = {"(what|which) (happened|came|was) first[ of all]?",
                      "what was the first (thing|event)[ to happen]?",
                      "which of (them|these|the {N}) (came|was|happened) first?", "which (came|was) the earliest?",
                      "what came before (all the others|everything else)?"};
const Words kLast = {"(what|which) (happened|came|was) last[ of all]?", "what was the last (thing|event)[ to happen]?",
                     "which of (them|these|the {N}) (came|was|happened) last?", "which (came|was) the latest?",
                     "what came after (all the others|everything else)?"};
const Words kBefore = {"(what|which) (came|was|happened) before {X}, {A} or {B}?",
                       "(what|which) was earlier than {X}, {A} or {B}?"};
const Words kAfter = {"(what|which) (came|was|happened) after {X}, {A} or {B}?",
                      "(what|which) was later than {X}, {A} or {B}?"};
const Words kEarlier = {"(what|which) (came|was|happened) (first|earlier), {A} or {B}?",
                        "which of {A} and {B} (came|was) (first|earlier)?"};
const Words kLater = {"(what|which) (came|was|happened) (last|later), {A} or {B}?",
                      "which of {A} and {B} (came|was) (last|later)?"};
const Words kWasBefore = {"(was {A}|did {A} come|did {A} happen) before {B}?", "is it true that {A} was before {B}?"};
const Words kWasAfter = {"(was {A}|did {A} come|did {A} happen) after {B}?", "is it true that {A} was after {B}?"};
const Words kSecond = {"(what|which) (came|was|happened) second?", "what was the second (thing|event)?"};

const Words kWhoFirst = {"who {V} first[ of all]?", "who was the first to {v}?", "which of them {V} first?",
                         "who {V} before (all the others|everyone else)?", "which of the {N} {V} first?"};
const Words kWhoLast = {"who {V} last[ of all]?", "who was the last to {v}?", "which of them {V} last?",
                        "who {V} after (all the others|everyone else)?", "which of the {N} {V} last?"};
const Words kWhoBefore = {"who {V} before {X}, {A} or {B}?"};
const Words kWhoAfter = {"who {V} after {X}, {A} or {B}?"};
const Words kWhoEarlier = {"who {V} (first|earlier), {A} or {B}?", "which of {A} and {B} {V} first?"};
const Words kWhoLater = {"who {V} (last|later), {A} or {B}?", "which of {A} and {B} {V} later?"};
const Words kDidBefore = {"did {A} {v} before {B}?", "is it true that {A} {V} before {B}?"};
const Words kDidAfter = {"did {A} {v} after {B}?", "is it true that {A} {V} after {B}?"};
const Words kWhoSecond = {"who {V} second?", "who was the second to {v}?"};

const Words kDeedFirst = {"what did {P} do first[ of all]?", "what was the first thing {P} did?",
                          "what did {h} do first?"};
const Words kDeedLast = {"what did {P} do last[ of all]?", "what was the last thing {P} did?", "what did {h} do last?"};

enum class Ask { end, second, candidates, two, yes_or_no };

/// The questions of one kind of story, by what is asked and the direction: seen from the first, and from the last.
struct Questions {
  const Words* of[5][2];
};
constexpr Questions kEventQuestions = {
    {{&kFirst, &kLast}, {&kSecond, &kSecond}, {&kBefore, &kAfter}, {&kEarlier, &kLater}, {&kWasBefore, &kWasAfter}}};
constexpr Questions kPeopleQuestions = {{{&kWhoFirst, &kWhoLast},
                                         {&kWhoSecond, &kWhoSecond},
                                         {&kWhoBefore, &kWhoAfter},
                                         {&kWhoEarlier, &kWhoLater},
                                         {&kDidBefore, &kDidAfter}}};

/// A verb of which one is before another.
struct Verb {
  std::string_view past, bare;
};
constexpr std::array<Verb, 18> kVerbs = {{{"arrived", "arrive"},
                                          {"came home", "come home"},
                                          {"left", "leave"},
                                          {"finished", "finish"},
                                          {"woke up", "wake up"},
                                          {"got up", "get up"},
                                          {"came", "come"},
                                          {"went to bed", "go to bed"},
                                          {"got on the bus", "get on the bus"},
                                          {"spoke", "speak"},
                                          {"sang", "sing"},
                                          {"crossed the line", "cross the line"},
                                          {"ate", "eat"},
                                          {"reached the top", "reach the top"},
                                          {"went home", "go home"},
                                          {"got to school", "get to school"},
                                          {"moved in", "move in"},
                                          {"fell asleep", "fall asleep"}}};

struct Drawn {
  Ask ask = Ask::end;
  Line line;
  bool backwards = false;  ///< item 0 of the line is the first in time; else it is the last
};

Drawn draw_line(Random& random) {
  const bool backwards = random.chance(0.5);
  switch (draw_weighted(random, {42, 5, 10, 23, 20})) {
    case 0:
      return {Ask::end, make_line_to_end(random), backwards};
    case 1:
      return {Ask::second, make_line_to_second(random), true};
    case 2:
      return {Ask::candidates, make_line_with_candidates(random), backwards};
    case 3:
      return {Ask::two, make_line_with_two(random), backwards};
    default:
      return {Ask::yes_or_no, make_line_with_two(random), backwards};
  }
}

/// Which of the items k and k + 1 of the line is the earlier, and which the later.
std::pair<std::size_t, std::size_t> in_time(const Drawn& drawn, std::size_t k) {
  return drawn.backwards ? std::pair(k, k + 1) : std::pair(k + 1, k);
}

Clause told(const std::string& text, const Actor& earlier, const Actor& later) {
  if (text.starts_with('~')) return {{}, text.substr(1)};
  if (text.starts_with('-')) return {later, text.substr(1), {earlier}};
  return {earlier, text, {later}};
}

/// What is common to stories of events and of people: `verb` is empty for events.
void finish(const Telling& telling, const Drawn& drawn, const std::vector<Actor>& items, const Words& answers,
            std::vector<Clause> clauses, const Verb& verb, Story& story) {
  static const Words numbers = {"two", "three", "four", "five", "six", "seven", "eight"};
  const Line& line = drawn.line;
  const bool people = !verb.past.empty();
  const auto name = [&](std::size_t i) -> const std::string& { return items[i].name; };
  const std::string relation = (people ? std::string(verb.past) : "was") + (drawn.backwards ? " before " : " after ");
  for (const std::size_t k : line.walked) {
    story.steps.push_back(capitalized(name(k) + ' ' + relation + name(k + 1) + '.'));
  }
  const Questions& questions = people ? kPeopleQuestions : kEventQuestions;
  const bool two = !line.candidates.empty();
  story.question = capitalized(telling.say(*questions.of[static_cast<std::size_t>(drawn.ask)][drawn.backwards ? 0 : 1],
                                           {{'V', verb.past},
                                            {'v', verb.bare},
                                            {'X', name(line.from)},
                                            {'N', numbers[line.length - 2]},
                                            {'A', two ? name(line.candidates[0]) : ""},
                                            {'B', two ? name(line.candidates[1]) : ""}}));
  story.answer = answers[line.answer];
  if (drawn.ask == Ask::yes_or_no) story.answer = line.answer == line.candidates[0] ? "yes" : "no";
  if (line.length < 5) add_asides(telling, clauses, {});
  story.sentences = narrate(telling, clauses);
  story.asks_first = asks_first(telling.random);
}

Story make_events(const Telling& telling) {
  Random& random = telling.random;
  const Drawn drawn = draw_line(random);
  const Words names = draw(random, telling.words["events"], drawn.line.length);
  std::vector<Actor> items;
  for (const std::string& name : names) items.push_back({"the " + name});
  std::vector<Clause> clauses;
  for (const std::size_t k : drawn.line.told) {
    const auto [earlier, later] = in_time(drawn, k);
    const std::string text = telling.say(kEvents, {{'A', items[earlier].name}, {'B', items[later].name}});
    clauses.push_back(told(text, items[earlier], items[later]));
  }
  if (drawn.line.length < 5 && random.chance(0.15)) {
    clauses.insert(clauses.begin() + static_cast<std::ptrdiff_t>(random.below(clauses.size() + 1)),
                   Clause{{}, telling.say(kEventAside, {{'E', random.pick(items).name}})});
  }
  Story story;
  finish(telling, drawn, items, names, std::move(clauses), {}, story);
  return story;
}

Story make_people(const Telling& telling) {
  Random& random = telling.random;
  const Drawn drawn = draw_line(random);
  const std::vector<Actor> items = draw_people(random, telling.words, drawn.line.length);
  const Verb& verb = kVerbs[random.below(kVerbs.size())];
  Words names;
  for (const Actor& item : items) names.push_back(item.name);
  std::vector<Clause> clauses;
  for (const std::size_t k : drawn.line.told) {
    const auto [earlier, later] = in_time(drawn, k);
    const std::string text =
        telling.say(kPeople, {{'A', items[earlier].name}, {'B', items[later].name}, {'V', verb.past}});
    clauses.push_back(told(text, items[earlier], items[later]));
  }
  Story story;
  finish(telling, drawn, items, names, std::move(clauses), verb, story);
  return story;
}

/// One deed after the other, from the first on: the walk starts with the first two.
void tell_in_order(const Telling& telling, Drawn& drawn, const Actor& who, const Words& deeds,
                   std::vector<Clause>& clauses) {
  Line& line = drawn.line;
  for (std::size_t i = 0; i < line.length; ++i) {
    const std::string& deed = deeds[drawn.backwards ? i : line.length - 1 - i];
    const Words& lead = i == 0 ? kDeedFirstLead : i + 1 < line.length ? kDeedNextLead : kDeedLastLead;
    const std::string subject = i == 0 ? who.name : std::string(subject_form(who.pronoun));
    clauses.push_back({{}, telling.say(lead, {{'P', subject}, {'A', deed}})});
  }
  line.walked.clear();
  if (drawn.backwards) line.walked.push_back(0);
  for (std::size_t k = line.length - 1; !drawn.backwards && k-- > 0;) line.walked.push_back(k);
}

/// What one person did: two deeds at a time, or all in order.
Story make_deeds(const Telling& telling) {
  Random& random = telling.random;
  Drawn drawn{Ask::end, make_line_to_end(random), random.chance(0.5)};
  const Actor who = draw_people(random, telling.words, 1).front();
  const Words deeds = draw(random, telling.words["deeds"], drawn.line.length);
  const std::string_view he = subject_form(who.pronoun);
  std::vector<Clause> clauses;
  const bool in_order = random.chance(0.45);
  if (in_order) tell_in_order(telling, drawn, who, deeds, clauses);
  for (const std::size_t k : in_order ? std::vector<std::size_t>{} : drawn.line.told) {
    const auto [earlier, later] = in_time(drawn, k);
    const std::string text =
        telling.say(kDeeds, {{'P', who.name}, {'h', he}, {'A', deeds[earlier]}, {'B', deeds[later]}});
    clauses.push_back(text.starts_with('~') ? Clause{{}, text.substr(1), {who}} : Clause{who, text});
    clauses.back().stands_alone = true;
  }
  Story story;
  for (const std::size_t k : drawn.line.walked) {
    const auto [earlier, later] = in_time(drawn, k);
    story.steps.push_back(capitalized(who.name + ' ' + deeds[earlier] + ", then " + deeds[later] + '.'));
  }
  story.question = capitalized(telling.say(drawn.backwards ? kDeedFirst : kDeedLast, {{'P', who.name}, {'h', he}}));
  story.answer = deeds[drawn.line.answer];
  story.sentences = narrate(telling, clauses);
  return story;
}

Story make(Random& random, const Lexicon& words) {
  const Telling telling{random, words, Tense::past};
  switch (draw_weighted(random, {40, 32, 12, 16})) {
    case 0:
      return make_events(telling);
    case 1:
      return make_people(telling);
    case 2:
      return make_deeds(telling);
    default:
      return make_dated(telling);
  }
}

Words patterns() {
  Words all = joined({kEvents, kPeople, kDeeds, kDeedFirstLead, kDeedNextLead, kDeedLastLead, kEventAside, kSecond,
                      kWhoSecond, kDeedFirst, kDeedLast});
  for (const Questions* questions : {&kEventQuestions, &kPeopleQuestions}) {
    for (const auto& pair : questions->of) all = joined({all, *pair[0], *pair[1]});
  }
  for (const Verb& verb : kVerbs) all.insert(all.end(), {std::string(verb.past), std::string(verb.bare)});
  return joined({all, dated_patterns()});
}

}  // namespace
}  // namespace time

const Family time_family{"time", time::make, time::patterns};

}  // namespace noema::stories
