#include "tasks/stories.h"

#include <algorithm>
#include <array>

#include "base/error.h"
#include "base/random.h"
#include "tasks/answer_text.h"
#include "tasks/stories/story.h"
#include "tasks/stories/telling.h"

namespace noema {
namespace {

using stories::Family;
using stories::Lexicon;
using stories::Story;
using stories::WordChoice;

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
  if (story.asks_first) example.question = story.question;
  for (const std::string& sentence : story.sentences)
    example.question += (example.question.empty() ? "" : " ") + sentence;
  if (!story.asks_first) example.question += ' ' + story.question;
  example.steps = std::move(story.steps);
  example.steps.push_back(std::string(kAnswerMark) + ' ' + story.answer);
  example.answer = std::move(story.answer);
  example.extra["family"] = family.name;
  return example;
}

const Lexicon& lexicon_of(const StoriesOptions& options) {
  return Lexicon::of(options.held_out_words ? WordChoice::held_out : WordChoice::known);
}

class StoriesGenerator final : public Generator {
 public:
  explicit StoriesGenerator(const Lexicon& words) : words_(words) {}

  ExampleGroup group(std::uint64_t seed, std::uint64_t index, const Companions& wanted) const override {
    Random random = Random::of(seed, index);
    const Family& family = draw_family(random);
    const Random before = random;
    ExampleGroup group = {example_of(family, family.make(random, words_))};
    if (!wanted.twin || !family.twin) return group;
    std::optional<stories::StoryTwin> twin = family.twin(before, words_);
    if (twin) group.twin = {example_of(family, std::move(twin->story)), twin->from};
    return group;
  }

  bool has_twins() const override { return true; }
  bool has_siblings() const override { return false; }

 private:
  const Lexicon& words_;
};

class StoriesTask final : public Task {
 public:
  explicit StoriesTask(const StoriesOptions& options)
      : Task(options.name, std::make_shared<StoriesGenerator>(lexicon_of(options))) {}

  /// There is one right next step at every point of a story, so a proof is valid when it is that of the example.
  std::optional<bool> is_valid(const Example& example, const std::vector<std::string>& steps) const override {
    if (example.steps.empty()) return std::nullopt;
    return before_answer(steps) == before_answer(example.steps);
  }
};

}  // namespace

std::unique_ptr<Task> make_stories_task(const StoriesOptions& options) {
  return std::make_unique<StoriesTask>(options);
}

std::vector<std::string> story_families() {
  std::vector<std::string> names;
  for (const Family* family : families()) names.emplace_back(family->name);
  return names;
}

std::vector<std::string> story_patterns(std::string_view family) {
  for (const Family* one : families()) {
    if (one->name == family) return stories::joined({one->patterns(), stories::aside_patterns()});
  }
  throw Error({"patterns of the stories", "a family", printable(family), ""});
}

std::vector<std::string> story_words(const StoriesOptions& options) {
  std::vector<std::string> words;
  for (const auto& [list, entries] : lexicon_of(options).lists())
    words.insert(words.end(), entries.begin(), entries.end());
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

}  // namespace noema
