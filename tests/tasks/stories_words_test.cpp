// The words of the stories: how many there are, and which of them are held out.

#include <gtest/gtest.h>

#include <set>

#include "tasks/stories/actors.h"
#include "tasks/task.h"
#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

using stories::Lexicon;
using stories::WordChoice;

const StoriesOptions kHeldOut{.name = "stories-held-out", .held_out_words = true};

TEST(StoryWords, AreThousands) {
  const auto words = story_words();
  EXPECT_GE(words.size(), 3500u);
  EXPECT_TRUE(std::is_sorted(words.begin(), words.end()));
  EXPECT_EQ(std::set<std::string>(words.begin(), words.end()).size(), words.size());
}

TEST(StoryWords, ATenthOfThemIsHeldOut) {
  const auto known = story_words(), held_out = story_words(kHeldOut);
  const double share = static_cast<double>(held_out.size()) / static_cast<double>(known.size() + held_out.size());
  EXPECT_NEAR(share, 0.1, 0.015);
  for (const std::string& word : held_out) EXPECT_FALSE(std::binary_search(known.begin(), known.end(), word)) << word;
}

TEST(StoryWords, EveryListHasEnoughHeldOutForAStory) {
  for (const auto& [list, words] : Lexicon::of(WordChoice::held_out).lists()) {
    const bool may_be_empty = list.starts_with("kin") || list.starts_with("two-word");  // plain names stand for these
    if (!may_be_empty) EXPECT_GE(words.size(), 3u) << list;
  }
  const Lexicon& held_out = Lexicon::of(WordChoice::held_out);
  for (const char* list : {"events", "animals", "objects", "people classes", "creature classes", "deeds"}) {
    EXPECT_GE(held_out[list].size(), 7u) << list;
  }
  EXPECT_THROW(held_out["chess pieces"], Error);
}

/// The names and nouns in a text that are of `words`, one word each.
std::size_t known_words_in(const std::string& text, const std::set<std::string>& words) {
  const auto all = words_of(text);
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [&](const std::string& word) { return words.contains(word); }));
}

TEST(StoryWords, HeldOutOnesAreDrawnInTheirOwnTaskOnly) {
  std::set<std::string> names;  // of the two tasks: capitalised, of one word
  for (const std::string& word : story_words(kHeldOut)) {
    if (std::isupper(static_cast<unsigned char>(word[0])) && word.find(' ') == std::string::npos) names.insert(word);
  }
  const auto task = make_task("stories-held-out"), usual = make_task("stories");
  EXPECT_EQ(task->name(), "stories-held-out");
  std::size_t here = 0, there = 0;
  for (std::uint64_t index = 0; index < 1000; ++index) {
    here += known_words_in(task->generator()->generate(4, index).question, names);
    there += known_words_in(usual->generator()->generate(4, index).question, names);
  }
  EXPECT_GT(here, 1000u);
  EXPECT_EQ(there, 0u);
}

TEST(StoryWords, PluralsAndArticles) {
  using stories::plural;
  using stories::with_article;
  EXPECT_EQ(plural("mouse"), "mice");
  EXPECT_EQ(plural("slice of cake"), "slices of cake");
  EXPECT_EQ(plural("cherry"), "cherries");
  EXPECT_EQ(plural("toy"), "toys");
  EXPECT_EQ(plural("box"), "boxes");
  EXPECT_EQ(plural("sheep"), "sheep");
  EXPECT_EQ(with_article("owl"), "an owl");
  EXPECT_EQ(with_article("unicorn"), "a unicorn");
}

TEST(StoryWords, PeopleOfOneStoryAreToldApart) {
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const auto people = stories::draw_people(random, Lexicon::of(WordChoice::known), 6);
    for (std::size_t a = 0; a < people.size(); ++a) {
      for (std::size_t b = 0; b < people.size(); ++b) {
        if (a != b) EXPECT_FALSE(people[a].name.starts_with(people[b].name)) << people[a].name;
      }
    }
  }
}

}  // namespace
}  // namespace noema::test
