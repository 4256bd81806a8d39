#include "tasks/stories.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "tests/tasks/story_reader.h"

namespace noema {
namespace {

TEST(Stories, AreAFunctionOfSeedAndIndex) {
  const auto task = make_stories_task();
  const auto again = make_stories_task();
  for (std::uint64_t index = 0; index < 50; ++index) {
    EXPECT_EQ(task->generator()->generate(5, index).question, again->generator()->generate(5, index).question);
    EXPECT_NE(task->generator()->generate(5, index).question, task->generator()->generate(6, index).question);
    EXPECT_NE(task->generator()->generate(5, index).question, task->generator()->generate(5, index + 1).question);
  }
}

TEST(Stories, KeepTheirWording) {
  const Example story = make_stories_task()->generator()->generate(1, 0);
  EXPECT_EQ(
      story.question,
      "In the church, Hans took the knife. Bumer laughed. Then Hans went to the pantry. The ruler lay in the kitchen. "
      "Fufom moved to the pantry. Then Fufom went to the bank. Hans hurried to the kitchen. Where did the knife end "
      "up?");
  EXPECT_EQ(story.steps,
            (std::vector<std::string>{"Hans has the knife in the church.", "Hans has the knife in the pantry.",
                                      "Hans has the knife in the kitchen.", "### kitchen"}));
  EXPECT_EQ(story.extra["family"], "where");
}

TEST(Stories, VocabularyIsWide) {
  const std::vector<std::string> patterns = story_patterns(), words = story_words();
  EXPECT_GE(std::set<std::string>(patterns.begin(), patterns.end()).size(), 60u);
  EXPECT_GE(words.size(), 300u);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
}

TEST(Stories, FamiliesComeEquallyOftenAndStepsStayFew) {
  const auto task = make_stories_task();
  std::map<std::string, int> families;
  std::set<std::string> questions;
  for (std::uint64_t index = 0; index < 5000; ++index) {
    const Example story = task->generator()->generate(2, index);
    ++families[story.extra["family"].get<std::string>()];
    questions.insert(task->identity(story));
    EXPECT_GE(story.steps.size(), 2u);
    EXPECT_LE(story.steps.size(), 8u);
    for (const std::string& step : story.steps) EXPECT_EQ(step.find('\n'), std::string::npos);
  }
  ASSERT_EQ(families.size(), story_families().size());
  for (const std::string& family : story_families()) EXPECT_NEAR(families[family], 1000, 120) << family;
  EXPECT_GE(questions.size(), 4995u);
}

TEST(Stories, OwnAnswersAndProofsAreRight) {
  const auto task = make_stories_task();
  for (std::uint64_t index = 0; index < 500; ++index) {
    const Example story = task->generator()->generate(3, index);
    const auto sentences = task->reasoning(story);
    const auto answer = task->answer_in(sentences.back());
    ASSERT_TRUE(answer);
    EXPECT_TRUE(task->is_right(story, *answer));
    EXPECT_EQ(task->is_valid(story, sentences), true);
    for (std::size_t i = 0; i + 1 < sentences.size(); ++i) EXPECT_FALSE(task->answer_in(sentences[i]));

    auto dropped = sentences;
    dropped.erase(dropped.begin());
    EXPECT_EQ(task->is_valid(story, dropped), false);
    if (sentences.size() < 3) continue;
    auto swapped = sentences;
    std::swap(swapped[0], swapped[1]);
    EXPECT_EQ(task->is_valid(story, swapped), false);
  }
}

TEST(Stories, CaseOfAnAnswerMakesNoDifference) {
  const auto task = make_stories_task();
  Example story;
  story.answer = "living room";
  EXPECT_TRUE(task->is_right(story, "Living room "));
  EXPECT_FALSE(task->is_right(story, "room"));
}

TEST(Stories, OrderOfTheCandidatesIsNoHint) {
  for (const std::string family : {"order", "time", "kinds"}) {
    int asked = 0, first = 0;
    for (const Example& story : test::stories_of(family, 1500)) {
      const std::string question = test::sentences_of(story.question).back();
      const auto candidates =
          test::read_as("{A} or {B}?", question.substr(question.find_last_of(' ', question.find(" or ") - 1) + 1));
      if (!candidates) continue;
      ++asked;
      first += candidates->at('A') == story.answer ? 1 : 0;
    }
    ASSERT_GT(asked, 400) << family;
    EXPECT_NEAR(static_cast<double>(first) / asked, 0.5, 0.06) << family;
  }
}

}  // namespace
}  // namespace noema
