#include "tasks/stories.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/error.h"
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

TEST(Stories, YesAndNoAreEquallyOftenRight) {
  for (const std::string& family : story_families()) {
    double yes = 0, no = 0;
    for (const Example& story : test::stories_of(family, 2000)) {
      yes += story.answer == "yes";
      no += story.answer == "no";
    }
    if (yes + no == 0) continue;
    EXPECT_GT(yes + no, 150) << family;
    EXPECT_NEAR(yes / (yes + no), 0.5, 0.08) << family;
  }
}

TEST(Stories, OrderOfTheCandidatesIsNoHint) {
  for (const std::string family : {"order", "time", "kinds"}) {
    int asked = 0, first = 0;
    for (const Example& story : test::stories_of(family, 2500)) {
      const std::string question = test::read_story(story.question).question;
      const auto between = question.rfind(" or ");
      if (between == std::string::npos || question.find(", ") != question.rfind(", ")) continue;
      const std::string last = question.substr(between, question.size() - between - 1);
      ++asked;
      first += last.ends_with(' ' + story.answer) ? 0 : 1;
    }
    ASSERT_GT(asked, 300) << family;
    EXPECT_NEAR(static_cast<double>(first) / asked, 0.5, 0.08) << family;
  }
}

TEST(Stories, MostAreShortAndSomeAskFirst) {
  const auto task = make_stories_task();
  int few = 0, first = 0, pronouns = 0;
  constexpr int kCount = 3000;
  for (std::uint64_t index = 0; index < kCount; ++index) {
    const Example story = task->generator()->generate(8, index);
    const auto sentences = test::sentences_of(story.question);
    few += sentences.size() <= 5;
    first += sentences.front().ends_with('?');
    const auto words = test::words_of(story.question);
    pronouns += std::any_of(words.begin(), words.end(), [](const std::string& word) {
      return word == "He" || word == "She" || word == "he" || word == "she" || word == "It" || word == "it";
    });
  }
  EXPECT_GT(few, kCount / 2);
  EXPECT_GT(first, kCount / 20);
  EXPECT_LT(first, kCount / 5);
  EXPECT_GT(pronouns, kCount / 5);
}

TEST(Stories, TextIsClean) {
  const auto task = make_stories_task();
  for (std::uint64_t index = 0; index < 5000; ++index) {
    const Example story = task->generator()->generate(9, index);
    const std::string& text = story.question;
    EXPECT_EQ(text.find_first_of("{}<>[]()|~#_/"), std::string::npos) << text;
    for (const char* fault :
         {"  ", " .", " ,", "..", " a a", " a e", " a i", " a o", " an b", " an c", " an t", " the the "}) {
      EXPECT_EQ(text.find(fault), std::string::npos) << fault << ": " << text;
    }
    for (const std::string& sentence : test::sentences_of(story.question)) {
      EXPECT_FALSE(std::islower(static_cast<unsigned char>(sentence[0]))) << text;
    }
  }
}

TEST(StoryPatterns, AreOfTheFamilies) {
  for (const std::string& family : story_families()) EXPECT_GT(story_patterns(family).size(), 30u) << family;
  EXPECT_THROW(story_patterns("chess"), Error);
}

/// A sentence without its names, nouns and numbers: of the words, those that no pattern of the family has are left out.
std::string frame_of(const std::string& sentence, const std::set<std::string>& pattern_words) {
  std::string frame;
  for (const std::string& word : test::words_of(sentence)) {
    const bool known = pattern_words.contains(test::lower_case(word));
    if (known) frame += word + ' ';
    if (!known && !frame.ends_with("_ ")) frame += "_ ";
  }
  return frame;
}

TEST(StoryPatterns, NoneCoversMoreThanTwoPercentOfAFamily) {
  for (const std::string& family : story_families()) {
    std::set<std::string> pattern_words;
    for (const std::string& pattern : story_patterns(family)) {
      for (const std::string& word : test::words_of(pattern)) pattern_words.insert(test::lower_case(word));
    }
    std::map<std::string, int> frames;
    int all = 0;
    for (const Example& story : test::stories_of(family, 4000)) {
      for (const std::string& sentence : test::sentences_of(story.question)) {
        ++frames[frame_of(sentence, pattern_words)];
        ++all;
      }
    }
    for (const auto& [frame, count] : frames) EXPECT_LE(count, 0.02 * all) << family << ": " << frame;
    EXPECT_GT(frames.size(), 1000u) << family;
  }
}

}  // namespace
}  // namespace noema
