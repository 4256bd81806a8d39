#include "tasks/stories.h"

#include <algorithm>
#include <array>

#include "base/random.h"
#include "tasks/answer_text.h"
#include "tasks/stories/story.h"

namespace noema {
namespace {

using stories::Family;
using stories::Story;

constexpr std::string_view kAnswerMark = "###";

const std::array<const Family*, 5>& families() {
  static const std::array<const Family*, 5> all = {&stories::where_family, &stories::count_family,
                                                   &stories::order_family, &stories::kinds_family,
                                                   &stories::time_family};
  return all;
}

/// The steps up to the first answer line.
std::vector<std::string_view> before_answer(const std::vector<std::string>& steps) {
  std::vector<std::string_view> before;
  for (const std::string& step : steps) {
    if (trimmed(step).starts_with(kAnswerMark)) break;
    before.push_back(trimmed(step));
  }
  return before;
}

const Family& draw_family(Random& random) { return *families()[random.below(families().size())]; }

Example example_of(const Family& family, Story story) {
  Example example;
  for (const std::string& sentence : story.sentences) example.question += sentence + ' ';
  example.question += story.question;
  example.steps = std::move(story.steps);
  example.steps.push_back(std::string(kAnswerMark) + ' ' + story.answer);
  example.answer = std::move(story.answer);
  example.extra["family"] = family.name;
  return example;
}

class StoriesGenerator final : public Generator {
 public:
  ExampleGroup group(std::uint64_t seed, std::uint64_t index, const Companions& wanted) const override {
    Random random = Random::of(seed, index);
    const Family& family = draw_family(random);
    const Random before = random;
    ExampleGroup group = {example_of(family, family.make(random))};
    if (!wanted.twin || !family.twin) return group;
    std::optional<stories::StoryTwin> twin = family.twin(before);
    if (twin) group.twin = {example_of(family, std::move(twin->story)), twin->from};
    return group;
  }

  bool has_twins() const override { return true; }
  bool has_siblings() const override { return false; }
};

class StoriesTask final : public Task {
 public:
  StoriesTask() : Task("stories", std::make_shared<StoriesGenerator>()) {}

  /// There is one right next step at every point of a story, so a proof is valid when it is that of the example.
  std::optional<bool> is_valid(const Example& example, const std::vector<std::string>& steps) const override {
    if (example.steps.empty()) return std::nullopt;
    return before_answer(steps) == before_answer(example.steps);
  }
};

}  // namespace

std::unique_ptr<Task> make_stories_task() { return std::make_unique<StoriesTask>(); }

std::vector<std::string> story_families() {
  std::vector<std::string> names;
  for (const Family* family : families()) names.emplace_back(family->name);
  return names;
}

std::vector<std::string> story_patterns() {
  std::vector<std::string> patterns = stories::fillers();
  for (const Family* family : families()) {
    for (std::string& pattern : family->patterns()) patterns.push_back(std::move(pattern));
  }
  return patterns;
}

std::vector<std::string> story_words() {
  using namespace stories;
  std::vector<std::string> words = joined({people(), pets(), places(), things(), foods(), collectibles(), animals(),
                                           furniture(), roles(), creature_kinds(), colors(), pleasures(), events()});
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace noema
