#include "tasks/stories/dates.h"

#include <algorithm>

namespace noema::stories {
namespace dates {
namespace {

const Words kDays = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
const Words kMonths = {"January", "February", "March",     "April",   "May",      "June",
                       "July",    "August",   "September", "October", "November", "December"};

/// {E} is "the lunch", {D} "on Monday".
const Words kTold = {"<is/was> {D}",         "<takes place/took place> {D}", "<is/was> held {D}",
                     "<starts/started> {D}", "<begins/began> {D}",           "<happens/happened> {D}"};
const Words kFirst = {"(what|which) (<is/was>|<comes/came>) first?", "which <is/was> (earlier|earliest|the earliest)?",
                      "which of them <is/was> first?", "which <comes/came> (first|earliest)?"};
const Words kLast = {"(what|which) (<is/was>|<comes/came>) last?", "which <is/was> (last|the latest)?",
                     "which of them <is/was> last?", "which <comes/came> last?"};
const Words kFirstOfTwo = {"(what|which) (<is/was>|<comes/came>) (first|earlier), {A} or {B}?",
                           "which of {A} and {B} <is/was> first?"};
const Words kLastOfTwo = {"(what|which) (<is/was>|<comes/came>) (last|later), {A} or {B}?",
                          "which of {A} and {B} <is/was> later?"};
const Words kIsBefore = {"<is/was> {A} before {B}?", "<does/did> {A} (come|start) before {B}?"};
const Words kIsAfter = {"<is/was> {A} after {B}?", "<does/did> {A} (come|start) after {B}?"};

/// Points in time from the first to the last, "on Monday".
Words draw_dates(Random& random, std::size_t count) {
  Words all;
  switch (draw_weighted(random, {34, 20, 34, 12})) {
    case 0:
      for (const std::string& day : kDays) all.push_back("on " + day);
      break;
    case 1:
      for (const std::string& month : kMonths) all.push_back("in " + month);
      break;
    case 2: {
      const std::string clock = random.chance(0.5) ? "" : " o'clock";
      const int from = random.chance(0.5) ? 1 : 6;  // of one half of the day
      for (int hour = from; hour < from + 6; ++hour) all.push_back("at " + std::to_string(hour) + clock);
      break;
    }
    default:
      for (int year = random.between(1900, 2010), i = 0; i < 12; ++i) all.push_back("in " + std::to_string(year + i));
  }
  while (all.size() > count) all.erase(all.begin() + static_cast<std::ptrdiff_t>(random.below(all.size())));
  return all;
}

}  // namespace
}  // namespace dates

Story make_dated(const Telling& with) {
  using namespace dates;
  Random& random = with.random;
  const Telling telling{random, with.words, random.chance(0.5) ? Tense::present : Tense::past};
  const std::size_t count = 2 + draw_weighted(random, {62, 28, 10});
  const Words names = draw(random, telling.words["events"], count), when = draw_dates(random, count);
  const bool last = random.chance(0.5);
  const std::string verb = telling.tense == Tense::present ? " is " : " was ";

  std::vector<std::size_t> order(count);
  for (std::size_t i = 0; i < count; ++i) order[i] = i;
  random.shuffle(order);
  std::vector<Clause> clauses;
  Story story;
  for (const std::size_t i : order) {
    clauses.push_back({{"the " + names[i]}, telling.say(kTold, {{'D', when[i]}})});
    if (when[i].starts_with("at"))
      clauses.back().predicate = telling.say("(<is/was>|<starts/started>) {D}", {{'D', when[i]}});
    story.steps.push_back("The " + names[i] + verb + when[i] + '.');
  }
  add_asides(telling, clauses, {});
  story.sentences = narrate(telling, clauses);

  const std::size_t right = last ? count - 1 : 0;
  const std::string found = "the " + names[right], other = "the " + names[last ? right - 1 : 1];
  const bool swapped = random.chance(0.5);
  const std::string& a = swapped ? other : found;
  const std::string& b = swapped ? found : other;
  const std::size_t ask = count == 2 ? draw_weighted(random, {40, 30, 30}) : 0;
  const Words* questions[3][2] = {{&kFirst, &kLast}, {&kFirstOfTwo, &kLastOfTwo}, {&kIsBefore, &kIsAfter}};
  story.question = capitalized(telling.say(*questions[ask][last ? 1 : 0], {{'A', a}, {'B', b}}));
  story.answer = ask == 2 ? (swapped ? "no" : "yes") : names[right];
  story.asks_first = asks_first(random);
  return story;
}

Words dated_patterns() {
  using namespace dates;
  return joined({kDays,
                 kMonths,
                 kTold,
                 kFirst,
                 kLast,
                 kFirstOfTwo,
                 kLastOfTwo,
                 kIsBefore,
                 kIsAfter,
                 {"on in at o'clock", "(<is/was>|<starts/started>) {D}"}});
}

}  // namespace noema::stories
