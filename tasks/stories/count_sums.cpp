#include <algorithm>

#include "tasks/stories/amounts.h"
#include "tasks/stories/count.h"

namespace noema::stories::count {
namespace {

/// {N} is an amount of {X}, {M} a number, {Q} another person.
const Words kHas = {"<has/had> {N}",
                    "<has/had> {N}",
                    "<has/had> (exactly|only) {N}",
                    "<has got/had> {N} at home",
                    "<finds/found> {N}",
                    "<buys/bought> {N}",
                    "<gets/got> {N}",
                    "<holds/held> {N}",
                    "<picks/picked> up {N}",
                    "<brings/brought> {N}",
                    "<collects/collected> {N}",
                    "<keeps/kept> {N}"};
const Words kTotal = {"how many {X} do they have (together|in all|altogether|in total)?",
                      "how many {X} do they have (together|in all|altogether|in total)?",
                      "how many {X} are there (in all|altogether|in total)?",
                      "how many {X} do {A} have (together|in all|altogether|in total)?",
                      "what is the total number of {X}?",
                      "together, how many {X} do they have?",
                      "in total, how many {X} are there?"};
const Words kMoreThan = {"<has/had> {M} (more|more) {X} than {Q}", "<has/had> {M} more {X} than {Q}",
                         "<has/had> {M} more than {Q}"};
const Words kFewerThan = {"<has/had> {M} fewer {X} than {Q}", "<has/had> {M} fewer than {Q}",
                          "<has/had> {M} less than {Q}"};
const Words kTwice = {"<has/had> twice as many {X} as {Q}", "<has/had> twice as many as {Q}",
                      "<has/had> two times as many {X} as {Q}", "<has/had> double the {X} of {Q}"};
const Words kHalfAsMany = {"<has/had> half as many {X} as {Q}", "<has/had> half as many as {Q}"};
const Words kHowMany = {"how many {X} does {P} have?", "how many {X} does {P} have?", "how many {X} has {P} got?",
                        "how many does {P} have?", "so how many {X} does {P} have?"};
const Words kBoth = {"how many {X} do they have (together|in all|altogether|in total)?"};
const Words kOld = {"<is/was> {M} years old", "<is/was> {M} years old", "<is/was> {M}"};
const Words kOlder = {"<is/was> {M} years older than {Q}"};
const Words kYounger = {"<is/was> {M} years younger than {Q}"};
const Words kTwiceAsOld = {"<is/was> twice as old as {Q}"};
const Words kHalfAsOld = {"<is/was> half as old as {Q}", "<is/was> half the age of {Q}"};
const Words kHowOld = {"how old <is/was> {P}?", "how old <is/was> {P}?", "what <is/was> {P}'s age?",
                       "so how old <is/was> {P}?"};
const Words kHowManyMore = {"how many more {X} does {P} have than {Q}?", "how many more {X} than {Q} does {P} have?",
                            "how many {X} more than {Q} does {P} have?"};
const Words kHowManyFewer = {"how many fewer {X} does {Q} have than {P}?",
                             "how many fewer {X} than {P} does {Q} have?"};
const Words kWhoMore = {"who has more[ {X}]?", "who has more {X}, {P} or {Q}?", "who has the most[ {X}]?",
                        "which of them has more {X}?"};
const Words kWhoFewer = {"who has fewer[ {X}]?", "who has fewer {X}, {P} or {Q}?", "who has the fewest[ {X}]?",
                         "which of them has fewer {X}?"};
const Words kEach = {"there <are/were> {M} {G} with {N} in each",
                     "there <are/were> {M} {G}, each with {N}",
                     "{P} <has/had> {M} {G} with {N} in each",
                     "{P} <has/had> {M} {G}, and each <has/had> {N}",
                     "each of {M} {G} <has/had> {N}",
                     "{P} <buys/bought> {M} {G} of {N} each"};
const Words kHowManyInAll = {"how many {X} are there (in all|altogether|in total)?", "how many {X} are there?",
                             "how many {X} does that make?"};
const Words kShared = {"{A} share {N} equally",
                       "{N} <are/were> shared equally by {M} {F}",
                       "{M} {F} <share/shared> {N} equally",
                       "{P} <shares/shared> {N} equally among {M} {F}",
                       "{P} <gives/gave> {M} {F} {N} to share equally",
                       "{P} <divides/divided> {N} equally among {M} {F}"};
const Words kHowManyEach = {"how many {X} does each get?", "how many {X} does each of them (get|have)?",
                            "how many does each (one|of them) get?", "how many {X} for each of them?"};
const Words kVessels = {"box", "bag", "basket", "jar", "bowl", "plate", "tray", "pack"};

const Words& stuff(const Telling& telling) {
  return telling.words[telling.random.chance(0.45) ? "foods" : telling.random.chance(0.8) ? "goods" : "animals"];
}

std::string names_of(const std::vector<Actor>& people) {
  std::string list = people.front().name;
  for (std::size_t i = 1; i < people.size(); ++i) list += (i + 1 < people.size() ? ", " : " and ") + people[i].name;
  return list;
}

/// One after the other tells what he or she has of a noun.
std::vector<Clause> tell_counts(const Telling& telling, const Amounts& amounts, const std::vector<Actor>& people,
                                const std::vector<int>& counts, const std::string& noun) {
  const std::string has = telling.random.pick(kHas);
  std::vector<Clause> clauses;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const bool short_form = i > 0 && telling.random.chance(0.35);
    const std::string amount = short_form ? amounts.number(counts[i]) : amounts.of(counts[i], noun);
    clauses.push_back({people[i], telling.say(has, {{'N', amount}}), {}, false, short_form});
  }
  return clauses;
}

}  // namespace

Story make_total(const Telling& telling) {
  Random& random = telling.random;
  const Amounts amounts(random);
  const std::vector<Actor> people = draw_people(random, telling.words, 2 + draw_weighted(random, {64, 28, 8}));
  const std::string noun = random.pick(stuff(telling));
  std::vector<int> counts;
  Story story;
  int total = 0;
  for (std::size_t i = 0; i < people.size(); ++i) {
    const int left = kLargest - total - static_cast<int>(people.size() - i - 1);
    const int here = random.between(1, std::min(people.size() == 2 ? 12 : 8, left));
    counts.push_back(here);
    story.steps.push_back(i == 0
                              ? people[i].name + " has " + counted(here, noun) + '.'
                              : people[i].name + " adds " + std::to_string(here) + sum(total, '+', here, total + here));
    total += here;
  }
  std::vector<Clause> clauses = tell_counts(telling, amounts, people, counts, noun);
  open_story(telling, clauses);
  add_asides(telling, clauses, people);
  story.sentences = narrate(telling, clauses);
  story.question = capitalized(telling.say(kTotal, {{'X', plural(noun)}, {'A', names_of(people)}}));
  story.answer = std::to_string(total);
  story.asks_first = story.question.find("they") == std::string::npos && asks_first(random);
  return story;
}

namespace {

/// "Bill has 3 more than Ann": what it makes of Ann's number.
struct Relation {
  const Words* of_things;
  const Words* of_age;
  const char* step;
  const char* age_step;
  char operation;
};

const Relation kRelations[] = {{&kMoreThan, &kOlder, " has {M} more", " is {M} years older", '+'},
                               {&kFewerThan, &kYounger, " has {M} fewer", " is {M} years younger", '-'},
                               {&kTwice, &kTwiceAsOld, " has twice as many", " is twice as old", '*'},
                               {&kHalfAsMany, &kHalfAsOld, " has half as many", " is half as old", '/'}};

int applied(char operation, int before, int by) {
  return operation == '+' ? before + by : operation == '-' ? before - by : operation == '*' ? before * 2 : before / 2;
}

}  // namespace

Story make_comparison(const Telling& telling) {
  Random& random = telling.random;
  const Amounts amounts(random);
  const bool age = random.chance(0.25);
  const std::vector<Actor> people = draw_people(random, telling.words, 2);
  const std::string noun = random.pick(stuff(telling));
  const Relation& relation = kRelations[draw_weighted(random, {40, 32, 16, 12})];
  int first = 0, by = 2, second = 0;
  do {
    first = random.between(2, 12);
    by = random.between(2, relation.operation == '+' || relation.operation == '-' ? 9 : 2);
    second = applied(relation.operation, first, by);
  } while (second < 1 || second > kLargest || (relation.operation == '/' && first % 2 != 0));

  std::vector<Clause> clauses = {{people[0], age ? telling.say(kOld, {{'M', amounts.number(first)}})
                                                 : telling.say(kHas, {{'N', amounts.of(first, noun)}})},
                                 {people[1],
                                  telling.say(age ? *relation.of_age : *relation.of_things,
                                              {{'M', amounts.number(by)}, {'X', plural(noun)}, {'Q', people[0].name}}),
                                  {people[0]}}};
  if (!age && clauses[0].predicate.find("ha") == std::string::npos)
    clauses[0].predicate = telling.say("<has/had> {N}", {{'N', amounts.of(first, noun)}});
  if (random.chance(0.2)) std::swap(clauses[0], clauses[1]);
  open_story(telling, clauses);
  add_asides(telling, clauses, people);

  Story story;
  story.sentences = narrate(telling, clauses);
  const std::string number = std::to_string(by);
  story.steps = {
      people[0].name + (age ? " is " + std::to_string(first) + " years old." : " has " + counted(first, noun) + '.'),
      people[1].name + fill(age ? relation.age_step : relation.step, {{'M', number}}) +
          sum(first, relation.operation, by, second)};
  story.answer = std::to_string(second);
  const bool both = !age && first + second <= kLargest && random.chance(0.25);
  if (both) {
    story.steps.push_back(people[0].name + " adds " + std::to_string(first) + sum(second, '+', first, first + second));
    story.answer = std::to_string(first + second);
  }
  story.question = capitalized(telling.say(age    ? kHowOld
                                           : both ? kBoth
                                                  : kHowMany,
                                           {{'X', plural(noun)}, {'P', people[1].name}}));
  story.asks_first = !both && story.question.find("how many does") == std::string::npos && asks_first(random);
  return story;
}

Story make_difference(const Telling& telling) {
  Random& random = telling.random;
  const Amounts amounts(random);
  const bool who = random.chance(0.45);
  const std::vector<Actor> people = draw_people(random, telling.words, who ? 2 + draw_weighted(random, {75, 25}) : 2);
  const std::string noun = random.pick(stuff(telling));
  std::vector<int> counts;
  while (counts.size() < people.size()) {
    const int one = random.between(1, 15);
    if (std::find(counts.begin(), counts.end(), one) == counts.end()) counts.push_back(one);
  }
  std::vector<Clause> clauses = tell_counts(telling, amounts, people, counts, noun);
  open_story(telling, clauses);
  add_asides(telling, clauses, people);
  Story story;
  story.sentences = narrate(telling, clauses);
  const std::size_t most = static_cast<std::size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin());
  const std::size_t least = static_cast<std::size_t>(std::min_element(counts.begin(), counts.end()) - counts.begin());
  const bool fewer = random.chance(0.4);
  std::string a = people[most].name, b = people[least].name;
  for (std::size_t i = 0; i < people.size(); ++i)
    story.steps.push_back(people[i].name + " has " + counted(counts[i], noun) + '.');
  if (who) {
    if (random.chance(0.5)) std::swap(a, b);
    Words patterns = fewer ? kWhoFewer : kWhoMore;
    if (people.size() > 2) patterns = {patterns[2]};
    story.question = capitalized(telling.say(patterns, {{'X', plural(noun)}, {'P', a}, {'Q', b}}));
    story.answer = people[fewer ? least : most].name;
    story.asks_first = story.question.find(plural(noun)) != std::string::npos && asks_first(random);
    return story;
  }
  const int difference = counts[most] - counts[least];
  story.steps = {a + " has " + counted(counts[most], noun) + '.',
                 b + " has " + std::to_string(counts[least]) + sum(counts[most], '-', counts[least], difference)};
  story.question =
      capitalized(telling.say(fewer ? kHowManyFewer : kHowManyMore, {{'X', plural(noun)}, {'P', a}, {'Q', b}}));
  story.answer = std::to_string(difference);
  story.asks_first = asks_first(random);
  return story;
}

Story make_groups(const Telling& telling) {
  Random& random = telling.random;
  const Amounts amounts(random);
  const std::string noun = random.pick(telling.words[random.chance(0.5) ? "foods" : "goods"]);
  const int groups = random.between(2, 5), each = random.between(2, kLargest / groups), all = groups * each;
  const std::string who = draw_people(random, telling.words, 1).front().name;
  const bool share = random.chance(0.5);
  const std::vector<Actor> sharers = draw_people(random, telling.words, static_cast<std::size_t>(groups));
  Story story;
  std::vector<Clause> clauses = {
      {{},
       telling.say(share ? kShared : kEach, {{'M', amounts.number(groups)},
                                             {'N', amounts.number(share ? all : each) + ' ' + plural(noun)},
                                             {'G', plural(random.pick(kVessels))},
                                             {'F', random.chance(0.5) ? "children" : "friends"},
                                             {'A', names_of(sharers)},
                                             {'P', who}})}};
  add_asides(telling, clauses, {});
  story.sentences = narrate(telling, clauses);
  story.question = capitalized(telling.say(share ? kHowManyEach : kHowManyInAll, {{'X', plural(noun)}}));
  story.steps = {share ? std::to_string(groups) + " share " + counted(all, noun) + sum(all, '/', groups, each)
                       : "There are " + std::to_string(groups) + " times " + std::to_string(each) +
                             sum(groups, '*', each, all)};
  story.answer = std::to_string(share ? each : all);
  return story;
}

Words sum_patterns() {
  return joined({kHas,       kTotal,        kMoreThan,    kFewerThan,    kTwice,   kHalfAsMany,
                 kHowMany,   kBoth,         kOld,         kOlder,        kYounger, kTwiceAsOld,
                 kHalfAsOld, kHowOld,       kHowManyMore, kHowManyFewer, kWhoMore, kWhoFewer,
                 kEach,      kHowManyInAll, kShared,      kHowManyEach,  kVessels, {"children friends year"}});
}

}  // namespace noema::stories::count
