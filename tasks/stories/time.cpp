// What happened first or last, or before or after something? From events told two by two.

#include "tasks/stories/line.h"
#include "tasks/stories/story.h"

namespace noema::stories {
namespace time {
namespace {

/// {A} is before {B}.
const Words kBefore = {"The {A} came before the {B}.",
                       "The {B} came after the {A}.",
                       "The {A} was before the {B}.",
                       "The {B} was after the {A}.",
                       "The {B} followed the {A}.",
                       "Before the {B} there was the {A}.",
                       "After the {A} came the {B}.",
                       "The {A} took place before the {B}.",
                       "The {B} took place after the {A}.",
                       "The {A} was over before the {B} began.",
                       "The {B} began after the {A} was over."};
/// Sentences that tell nothing about when.
const Words kAside = {"{P} liked the {E}.", "The {E} was long.", "{P} missed the {E}.", "{P} spoke about the {E}.",
                      "Everyone remembers the {E}."};
const Words kFirstQuestion = {"What happened first?", "What came first?", "Which came first of all?"};
const Words kLastQuestion = {"What happened last?", "What came last?", "Which came last of all?"};
const Words kBeforeQuestion = {"What came before the {X}, the {A} or the {B}?",
                               "Which was before the {X}, the {A} or the {B}?"};
const Words kAfterQuestion = {"What came after the {X}, the {A} or the {B}?",
                              "Which was after the {X}, the {A} or the {B}?"};

Story make(Random& random) {
  const Line line = random.chance(0.5) ? make_line_to_end(random) : make_line_with_candidates(random);
  const bool backwards = random.chance(0.5);  // from the last event to the first
  const Words names = draw(random, stories::events(), line.length);

  Story story;
  for (const std::size_t k : line.told) {
    const Filling here{backwards ? 'A' : 'B', names[k]};
    const Filling next{backwards ? 'B' : 'A', names[k + 1]};
    story.sentences.push_back(fill(random.pick(kBefore), {here, next}));
  }
  for (const std::size_t k : line.walked) {
    story.steps.push_back(fill(backwards ? "The {A} was before the {B}." : "The {A} was after the {B}.",
                               {{'A', names[k]}, {'B', names[k + 1]}}));
  }
  if (line.candidates.empty()) {
    story.question = random.pick(backwards ? kFirstQuestion : kLastQuestion);
  } else {
    story.question =
        fill(random.pick(backwards ? kBeforeQuestion : kAfterQuestion),
             {{'X', names[line.from]}, {'A', names[line.candidates[0]]}, {'B', names[line.candidates[1]]}});
  }
  story.answer = names[line.answer];
  const Words people = draw_people(random, 2);
  if (line.length < 7 && random.chance(0.6)) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(story.sentences.size() + 1));
    story.sentences.insert(story.sentences.begin() + at,
                           fill(random.pick(kAside), {{'P', people[0]}, {'E', random.pick(names)}}));
  }
  if (line.length < 6) add_fillers(random, story.sentences, people);
  return story;
}

Words patterns() { return joined({kBefore, kAside, kFirstQuestion, kLastQuestion, kBeforeQuestion, kAfterQuestion}); }

}  // namespace
}  // namespace time

const Family time_family{"time", time::make, time::patterns};

}  // namespace noema::stories
