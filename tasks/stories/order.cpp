// Who is the tallest, or taller than another? From comparisons of neighbours in a line.

#include "tasks/stories/line.h"
#include "tasks/stories/story.h"

namespace noema::stories {
namespace order {
namespace {

/// {A} is more, {B} is less.
const Words kMore = {"{A} is {M} than {B}.", "{A} is much {M} than {B}.", "{A} is a bit {M} than {B}.",
                     "It is clear that {A} is {M} than {B}.", "Compared with {B}, {A} is {M}."};
const Words kNotAs = {"{B} is not as {S} as {A}."};
const Words kMostQuestion = {"Who is the {T}?", "Who is the {T} of all?", "Who is the {T} one?"};
const Words kMostThingQuestion = {"Which is the {T}?", "Which one is the {T}?", "Which is the {T} of all?"};
const Words kThanQuestion = {"Who is {M} than {X}, {A} or {B}?"};
const Words kTwoQuestion = {"Who is {M}, {A} or {B}?"};
const Words kTwoThingQuestion = {"Which is {M}, {A} or {B}?"};
const Words kThanThingQuestion = {"Which is {M} than {X}, {A} or {B}?"};

struct Degree {
  std::string_view plain, more, most;
};

/// A quality and its opposite.
struct Scale {
  Degree degree[2];
};

const std::vector<Scale> kPeopleScales = {{{{"tall", "taller", "tallest"}, {"short", "shorter", "shortest"}}},
                                          {{{"old", "older", "oldest"}, {"young", "younger", "youngest"}}},
                                          {{{"fast", "faster", "fastest"}, {"slow", "slower", "slowest"}}},
                                          {{{"strong", "stronger", "strongest"}, {"weak", "weaker", "weakest"}}},
                                          {{{"heavy", "heavier", "heaviest"}, {"light", "lighter", "lightest"}}},
                                          {{{"rich", "richer", "richest"}, {"poor", "poorer", "poorest"}}},
                                          {{{"loud", "louder", "loudest"}, {"quiet", "quieter", "quietest"}}}};
const std::vector<Scale> kThingScales = {{{{"heavy", "heavier", "heaviest"}, {"light", "lighter", "lightest"}}},
                                         {{{"big", "bigger", "biggest"}, {"small", "smaller", "smallest"}}},
                                         {{{"old", "older", "oldest"}, {"new", "newer", "newest"}}},
                                         {{{"long", "longer", "longest"}, {"short", "shorter", "shortest"}}},
                                         {{{"wide", "wider", "widest"}, {"narrow", "narrower", "narrowest"}}},
                                         {{{"clean", "cleaner", "cleanest"}, {"dirty", "dirtier", "dirtiest"}}}};
const std::vector<Scale> kAnimalScales = {{{{"heavy", "heavier", "heaviest"}, {"light", "lighter", "lightest"}}},
                                          {{{"big", "bigger", "biggest"}, {"small", "smaller", "smallest"}}},
                                          {{{"old", "older", "oldest"}, {"young", "younger", "youngest"}}},
                                          {{{"fast", "faster", "fastest"}, {"slow", "slower", "slowest"}}}};

/// Who is compared, and by what.
struct Subject {
  Words names;
  bool are_people;
  const std::vector<Scale>* scales;

  std::string of(std::size_t i) const { return are_people ? names[i] : "the " + names[i]; }
};

Subject draw_subject(Random& random, std::size_t count) {
  switch (draw_weighted(random, {66, 17, 17})) {
    case 0:
      return {draw_people(random, count), true, &kPeopleScales};
    case 1:
      return {draw(random, furniture(), count), false, &kThingScales};
    default:
      return {draw(random, animals(), count), false, &kAnimalScales};
  }
}

/// `more` exceeds `less` on the scale, seen from the end `side`; told from either end.
std::string comparison(Random& random, const Scale& scale, int side, const std::string& more, const std::string& less) {
  const Degree& same = scale.degree[side];
  const Degree& opposite = scale.degree[1 - side];
  switch (draw_weighted(random, {62, 26, 12})) {
    case 0:
      return fill(random.pick(kMore), {{'A', more}, {'B', less}, {'M', same.more}});
    case 1:
      return fill(random.pick(kMore), {{'A', less}, {'B', more}, {'M', opposite.more}});
    default:
      return fill(random.pick(kNotAs), {{'A', more}, {'B', less}, {'S', same.plain}});
  }
}

Line draw_line(Random& random) {
  switch (draw_weighted(random, {45, 20, 35})) {
    case 0:
      return make_line_to_end(random);
    case 1:
      return make_line_with_two(random);
    default:
      return make_line_with_candidates(random);
  }
}

std::string question_of(Random& random, const Line& line, const Subject& subject, const Degree& asked) {
  if (line.candidates.empty()) {
    return fill(random.pick(subject.are_people ? kMostQuestion : kMostThingQuestion), {{'T', asked.most}});
  }
  const bool is_of_two = line.from == line.candidates[0] || line.from == line.candidates[1];
  const Words& than = subject.are_people ? kThanQuestion : kThanThingQuestion;
  const Words& two = subject.are_people ? kTwoQuestion : kTwoThingQuestion;
  return fill(random.pick(is_of_two ? two : than), {{'M', asked.more},
                                                    {'X', subject.of(line.from)},
                                                    {'A', subject.of(line.candidates[0])},
                                                    {'B', subject.of(line.candidates[1])}});
}

Story make(Random& random) {
  const Line line = draw_line(random);
  const Subject subject = draw_subject(random, line.length);
  std::vector<Scale> scales = *subject.scales;
  random.shuffle(scales);
  const int side = random.between(0, 1);
  const Degree& asked = scales[0].degree[side];

  Story story;
  for (const std::size_t k : line.told) {
    story.sentences.push_back(comparison(random, scales[0], side, subject.of(k), subject.of(k + 1)));
  }
  if (random.chance(0.35)) {  // another quality of the same ones: of no use
    const std::size_t more = random.below(line.length);
    const std::size_t less = (more + 1 + random.below(line.length - 1)) % line.length;
    const auto at = static_cast<std::ptrdiff_t>(random.below(story.sentences.size() + 1));
    story.sentences.insert(story.sentences.begin() + at,
                           comparison(random, scales[1], side, subject.of(more), subject.of(less)));
  }
  for (const std::size_t k : line.walked) {
    story.steps.push_back(fill(kMore[0], {{'A', subject.of(k)}, {'B', subject.of(k + 1)}, {'M', asked.more}}));
  }
  story.question = question_of(random, line, subject, asked);
  story.answer = subject.names[line.answer];
  if (line.length < 7) add_fillers(random, story.sentences, draw_people(random, 1));
  return story;
}

Words patterns() {
  return joined({kMore, kNotAs, kMostQuestion, kMostThingQuestion, kTwoQuestion, kTwoThingQuestion, kThanQuestion,
                 kThanThingQuestion});
}

}  // namespace
}  // namespace order

const Family order_family{"order", order::make, order::patterns};

}  // namespace noema::stories
