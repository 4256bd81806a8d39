// Who is the tallest, or taller than another? From comparisons of neighbours in a line.

#include "tasks/stories/line.h"
#include "tasks/stories/qualities.h"

namespace noema::stories {
namespace order {
namespace {

/// {A} is more, {B} is less; {V} is the verb, {v} its bare form, {M} "taller", {S} "tall", {T} "tallest". What begins
/// with ~ is a whole sentence, the others go on from {A}, or in "as … as" from {B}.
const Words kMore = {"{V} {M} than {B}",
                     "{V} {M} than {B}",
                     "{V} {M} than {B}",
                     "{V} {M} than {B}",
                     ("~(we know that|it is clear that|everyone knows that|I think that|they say that|it is true that|"
                      "the teacher said that) {A} {V} {M} than {B}"),
                     "~compared (with|to) {B}, {A} {V} {M}",
                     "~of {A} and {B}, {A} {V} {M}"};
const Words kMuchMore = {"{V} (much|a bit|a little|far|slightly|a lot|even) {M} than {B}"};
const Words kNotAs = {"<is/was> not (as|as|so) {S} as {A}", "<isn't/wasn't> as {S} as {A}"};
const Words kDoesNotAs = {"<does/did> not {v} as {S} as {A}", "<doesn't/didn't> {v} as {S} as {A}"};

/// {W} is "who" or "which".
const Words kMostQuestion = {"{W} {V} the {T}[ of (all|them|them all)]?",
                             "{W} {V} the {T}?",
                             "which of (them|the {N}|these) {V} the {T}?",
                             "of (them all|the {N}), {W} {V} the {T}?",
                             "{W} {V} the {T}, {L}?",
                             "{W} {V} the {T}: {L}?",
                             "so {W} {V} the {T}?",
                             "{W} {V} {M} than all (the|the|of the) others?"};
const Words kSecondQuestion = {"{W} {V} the second {T}?", "{W} {V} the second {T}[ of (all|them)]?",
                               "{W} {V} second {T}?"};
const Words kTwoQuestion = {"{W} {V} {M}, {A} or {B}?", "{W} {V} {M}: {A} or {B}?", "between {A} and {B}, {W} {V} {M}?",
                            "which of {A} and {B} {V} {M}?"};
const Words kOnlyTwoQuestion = {"{W} {V} {M}?", "{W} {V} {M}?", "which of the two {V} {M}?", "which of them {V} {M}?",
                                "so {W} {V} {M}?"};
const Words kThanQuestion = {"{W} {V} {M} than {X}, {A} or {B}?", "{W} {V} {M} than {X}: {A} or {B}?"};
const Words kOpenThanQuestion = {"{W} {V} {M} than {X}?"};
const Words kIsQuestion = {"<is/was> {A} {M} than {B}?", "is it true that {A} {V} {M} than {B}?"};
const Words kDoesQuestion = {"<does/did> {A} {v} {M} than {B}?", "is it true that {A} {V} {M} than {B}?"};

enum class Ask { most, second, two, than, open_than, yes_or_no };

/// Who is compared, and in what.
struct Subject {
  std::vector<Actor> actors;
  Words answers;  ///< names without "the"
  Compared compared = Compared::people;
};

Subject draw_subject(const Telling& telling, std::size_t count) {
  Subject subject;
  constexpr Compared kAll[] = {Compared::people, Compared::animals, Compared::objects, Compared::ways};
  subject.compared = kAll[draw_weighted(telling.random, {68, 13, 14, count > 5 ? 0 : 5})];
  if (subject.compared == Compared::people) {
    subject.actors = draw_people(telling.random, telling.words, count);
    for (const Actor& actor : subject.actors) subject.answers.push_back(actor.name);
    return subject;
  }
  const char* list = subject.compared == Compared::animals   ? "animals"
                     : subject.compared == Compared::objects ? "objects"
                                                             : "ways";
  subject.answers = draw(telling.random, telling.words[list], count);
  for (const std::string& noun : subject.answers) subject.actors.push_back({"the " + noun});
  return subject;
}

/// Tells comparisons in one quality, seen from the end `side`.
class Comparing {
 public:
  Comparing(const Telling& telling, const Quality& quality, int side)
      : telling_(telling), quality_(quality), side_(side) {}

  /// `more` exceeds `less`; told from either end.
  Clause clause(const Actor& more, const Actor& less) const {
    const Degree& same = quality_.degree[side_];
    const Degree& opposite = quality_.degree[1 - side_];
    const std::size_t way = draw_weighted(telling_.random, {62, 26, 12});
    if (way == 2 && !same.plain.empty()) {
      const Words& patterns = quality_.is_be() ? kNotAs : kDoesNotAs;
      return {less, telling_.say(patterns, {{'A', more.name}, {'S', same.plain}, {'v', quality_.bare}}), {more}};
    }
    if (way == 1 && opposite.more != same.more) return told(less, more, opposite);
    return told(more, less, same);
  }

  /// "is taller than Bill, who is taller than Carl", or "is taller than Carl but shorter than Ann"; the three in order.
  Clause chained(const Actor& first, const Actor& second, const Actor& third, bool people) const {
    const std::string& more = quality_.degree[side_].more;
    const std::string& less = quality_.degree[1 - side_].more;
    if (more == less || (people && telling_.random.chance(0.5))) {
      return {first,
              telling_.say("{V} {M} than {B}, (who|who) {V} {M} than {C}",
                           {{'V', quality_.verb}, {'M', more}, {'B', second.name}, {'C', third.name}}),
              {second, third}};
    }
    return {second,
            telling_.say("{V} {M} than {C}( but| but|, but) {O} than {A}",
                         {{'V', quality_.verb}, {'M', more}, {'O', less}, {'A', first.name}, {'C', third.name}}),
            {first, third}};
  }

 private:
  Clause told(const Actor& more, const Actor& less, const Degree& degree) const {
    const bool much = !quality_.is_count && !degree.more.starts_with("less") && telling_.random.chance(0.2);
    const std::string text = telling_.say(
        much ? kMuchMore : kMore, {{'A', more.name}, {'B', less.name}, {'M', degree.more}, {'V', quality_.verb}});
    if (text.starts_with('~')) return {{}, text.substr(1)};
    return {more, text, {less}};
  }

  const Telling& telling_;
  const Quality& quality_;
  int side_;
};

struct Drawn {
  Ask ask;
  Line line;
};

Drawn draw_line(Random& random) {
  switch (draw_weighted(random, {34, 7, 25, 7, 5, 22})) {
    case 0:
      return {Ask::most, make_line_to_end(random)};
    case 1:
      return {Ask::second, make_line_to_second(random)};
    case 2:
      return {Ask::two, make_line_with_two(random)};
    case 3:
      return {Ask::than, make_line_with_candidates(random)};
    case 4: {
      Line line = make_line_to_end(random);
      line.walked = {0};
      line.answer = 0;
      line.from = 1;
      return {Ask::open_than, std::move(line)};
    }
    default:
      return {Ask::yes_or_no, make_line_with_two(random)};
  }
}

std::string names_in_any_order(Random& random, const Subject& subject) {
  Words names;
  for (const Actor& actor : subject.actors) names.push_back(actor.name);
  random.shuffle(names);
  std::string list = names.front();
  for (std::size_t i = 1; i < names.size(); ++i) list += (i + 1 < names.size() ? ", " : " or ") + names[i];
  return list;
}

const Words& question_patterns(const Drawn& drawn, const Quality& quality) {
  switch (drawn.ask) {
    case Ask::most:
      return kMostQuestion;
    case Ask::second:
      return kSecondQuestion;
    case Ask::two:
      return drawn.line.length == 2 ? kOnlyTwoQuestion : kTwoQuestion;
    case Ask::than:
      return kThanQuestion;
    case Ask::open_than:
      return kOpenThanQuestion;
    default:
      return quality.is_be() ? kIsQuestion : kDoesQuestion;
  }
}

std::string question_of(const Telling& telling, const Drawn& drawn, const Subject& subject, const Quality& quality,
                        const Degree& asked) {
  static const Words numbers = {"two", "three", "four", "five", "six", "seven", "eight"};
  const bool people = subject.compared == Compared::people;
  const Line& line = drawn.line;
  const bool two = !line.candidates.empty();
  return capitalized(
      telling.say(question_patterns(drawn, quality), {{'W', people ? "who" : "which"},
                                                      {'V', quality.verb},
                                                      {'v', quality.bare},
                                                      {'M', asked.more},
                                                      {'T', asked.most},
                                                      {'N', numbers[line.length - 2]},
                                                      {'L', names_in_any_order(telling.random, subject)},
                                                      {'X', subject.actors[line.from].name},
                                                      {'A', two ? subject.actors[line.candidates[0]].name : ""},
                                                      {'B', two ? subject.actors[line.candidates[1]].name : ""}}));
}

/// The comparisons in the order of the line's story, some two in one.
std::vector<Clause> clauses_of(const Telling& telling, const Comparing& comparing, const Subject& subject,
                               const Line& line) {
  std::vector<Clause> clauses;
  for (std::size_t i = 0; i < line.told.size(); ++i) {
    const std::size_t k = line.told[i];
    const bool follows = i + 1 < line.told.size() && (line.told[i + 1] == k + 1 || line.told[i + 1] + 1 == k);
    if (follows && telling.random.chance(0.15)) {
      const std::size_t first = std::min(k, line.told[i + 1]);
      clauses.push_back(comparing.chained(subject.actors[first], subject.actors[first + 1], subject.actors[first + 2],
                                          subject.compared == Compared::people));
      ++i;
      continue;
    }
    clauses.push_back(comparing.clause(subject.actors[k], subject.actors[k + 1]));
  }
  return clauses;
}

Story make(Random& random, const Lexicon& words) {
  const Telling telling{random, words, random.chance(0.75) ? Tense::present : Tense::past};
  const Drawn drawn = draw_line(random);
  const Line& line = drawn.line;
  const Subject subject = draw_subject(telling, line.length);
  const std::vector<Quality> qualities = draw_qualities(telling, subject.compared, 2);
  const int side = random.between(0, 1);
  const Degree& asked = qualities[0].degree[side];

  std::vector<Clause> clauses = clauses_of(telling, Comparing(telling, qualities[0], side), subject, line);
  if (random.chance(0.15)) {  // another quality of the same ones: of no use
    const std::size_t more = random.below(line.length);
    const std::size_t less = (more + 1 + random.below(line.length - 1)) % line.length;
    clauses.insert(clauses.begin() + static_cast<std::ptrdiff_t>(random.below(clauses.size() + 1)),
                   Comparing(telling, qualities[1], side).clause(subject.actors[more], subject.actors[less]));
  }
  if (line.length < 6) add_asides(telling, clauses, {});

  Story story;
  story.sentences = narrate(telling, clauses);
  for (const std::size_t k : line.walked) {
    story.steps.push_back(capitalized(subject.actors[k].name + ' ' + qualities[0].verb + ' ' + asked.more + " than " +
                                      subject.actors[k + 1].name + '.'));
  }
  story.question = question_of(telling, drawn, subject, qualities[0], asked);
  story.answer = subject.answers[line.answer];
  if (drawn.ask == Ask::yes_or_no) story.answer = line.answer == line.candidates[0] ? "yes" : "no";
  story.asks_first = asks_first(random);
  return story;
}

Words patterns() {
  return joined({kMore, kMuchMore, kNotAs, kDoesNotAs, kMostQuestion, kSecondQuestion, kTwoQuestion, kOnlyTwoQuestion,
                 kThanQuestion, kOpenThanQuestion, kIsQuestion, kDoesQuestion, quality_words()});
}

}  // namespace
}  // namespace order

const Family order_family{"order", order::make, order::patterns};

}  // namespace noema::stories
