// Where is the thing? A reader of its own simulates the story from its sentences.

#include <gtest/gtest.h>

#include <set>

#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

using Patterns = std::vector<std::string>;

const Patterns kThingAt = {"The {O} was in the {L}.", "At first the {O} was in the {L}.",
                           "Someone left the {O} in the {L}.", "The {O} lay in the {L}."};
const Patterns kPersonAt = {"{P} was in the {L}.", "At first {P} was in the {L}.", "{P} waited in the {L}."};
const Patterns kMove = {"{P} went to the {L}.",   "{P} walked to the {L}.",   "{P} ran to the {L}.",
                        "{P} moved to the {L}.",  "{P} hurried to the {L}.",  "Then {P} went to the {L}.",
                        "{P} came into the {L}.", "{P} walked into the {L}.", "After that {P} went to the {L}."};
const Patterns kFind = {"{P} found the {O} in the {L}.", "{P} picked up the {O} in the {L}.",
                        "In the {L}, {P} took the {O}."};
const Patterns kCarry = {"{P} carried the {O} to the {L}.", "{P} took the {O} to the {L}.",
                         "{P} brought the {O} to the {L}."};
const Patterns kTake = {"{P} took the {O}.", "{P} picked up the {O}.", "{P} grabbed the {O}.",
                        "Then {P} picked the {O} up.", "{P} got the {O}."};
const Patterns kDrop = {"{P} dropped the {O}.", "{P} put down the {O}.", "{P} put the {O} down.",
                        "{P} left the {O} there."};
const Patterns kGiveThing = {"{P} gave the {O} to {Q}.", "{P} handed the {O} to {Q}.", "{P} passed the {O} to {Q}.",
                             "{P} gave {Q} the {O}.", "Then {P} handed {Q} the {O}."};
const Patterns kWhereIs = {"Where is the {O}?", "Where is the {O} now?", "Where can you find the {O}?",
                           "Where did the {O} end up?", "Where is the {O} at the end?"};

/// Follows one thing through a story.
class Simulation {
 public:
  explicit Simulation(std::string thing) : thing_(std::move(thing)) {}

  /// False when the sentence tells nothing about places.
  bool read(const std::string& text) {
    if (const auto told = read_as_one(kThingAt, text)) return thing_at(told->at('O'), told->at('L'));
    if (const auto told = read_as_one(kPersonAt, text)) return go(told->at('P'), told->at('L'));
    if (const auto told = read_as_one(kMove, text)) return go(told->at('P'), told->at('L'));
    if (const auto told = read_as_one(kCarry, text)) return go(told->at('P'), told->at('L'));
    if (const auto told = read_as_one(kFind, text)) {
      go(told->at('P'), told->at('L'));
      return hold(told->at('P'), told->at('O'), told->at('L'));
    }
    if (const auto told = read_as_one(kTake, text)) return take(told->at('P'), told->at('O'));
    if (const auto told = read_as_one(kGiveThing, text)) return give(told->at('P'), told->at('Q'), told->at('O'));
    if (const auto told = read_as_one(kDrop, text)) {
      held_.erase(told->at('O'));
      if (told->at('O') == thing_) note(holder_ = "");
      return true;
    }
    return false;
  }

  const Patterns& steps() const { return steps_; }
  const std::string& place() const { return place_; }
  std::set<std::string> people() const {
    std::set<std::string> names;
    for (const auto& [name, place] : at_) names.insert(name);
    return names;
  }

 private:
  void note(const std::string& holder) {
    steps_.push_back(holder.empty() ? "The " + thing_ + " is in the " + place_ + "."
                                    : holder + " has the " + thing_ + " in the " + place_ + ".");
  }

  bool thing_at(const std::string& thing, const std::string& place) {
    things_[thing] = place;
    if (thing == thing_) {
      place_ = place;
      note("");
    }
    return true;
  }

  bool go(const std::string& person, const std::string& place) {
    const bool stays = at_[person] == place;
    at_[person] = place;
    for (auto& [thing, owner] : held_) {
      if (owner == person) things_[thing] = place;
    }
    if (!stays && !holder_.empty() && holder_ == person) {
      place_ = place;
      note(holder_);
    }
    return true;
  }

  bool hold(const std::string& person, const std::string& thing, const std::string& place) {
    held_[thing] = person;
    things_[thing] = place;
    if (thing == thing_) {
      place_ = place;
      note(holder_ = person);
    }
    return true;
  }

  bool take(const std::string& person, const std::string& thing) {
    if (!things_.contains(thing)) {
      things_[thing] = at_[person];
      if (thing == thing_) steps_.push_back(person + " takes the " + thing + ".");
    }
    at_[person] = things_[thing];
    return hold(person, thing, things_[thing]);
  }

  bool give(const std::string& person, const std::string& other, const std::string& thing) {
    at_[other] = at_[person];
    return hold(other, thing, at_[person]);
  }

  std::string thing_, place_, holder_;
  std::map<std::string, std::string> at_;      ///< people's places
  std::map<std::string, std::string> things_;  ///< things' places
  std::map<std::string, std::string> held_;    ///< things' holders
  Patterns steps_;
};

TEST(StoriesWhere, StepsAndAnswerFollowFromTheSentences) {
  const Patterns words = story_words();
  std::size_t people = 0, made_up = 0, told = 0, sentences = 0;
  for (const Example& story : stories_of("where", 1000)) {
    const Patterns all = sentences_of(story.question);
    const auto asked = read_as_one(kWhereIs, all.back());
    ASSERT_TRUE(asked) << story.question;
    Simulation simulation(asked->at('O'));
    for (std::size_t i = 0; i + 1 < all.size(); ++i) told += simulation.read(all[i]) ? 1 : 0;
    sentences += all.size() - 1;
    Patterns expected = simulation.steps();
    expected.push_back("### " + simulation.place());
    EXPECT_EQ(story.steps, expected) << story.question;
    EXPECT_EQ(story.answer, simulation.place()) << story.question;
    for (const std::string& name : simulation.people()) {
      ++people;
      made_up += std::binary_search(words.begin(), words.end(), name) ? 0 : 1;
    }
  }
  // The rest are sentences about the weather.
  EXPECT_GT(static_cast<double>(told), 0.85 * static_cast<double>(sentences));
  EXPECT_NEAR(static_cast<double>(made_up) / static_cast<double>(people), 1.0 / 6, 0.04);
}

TEST(StoriesWhere, TheLastPlaceMentionedIsOftenWrong) {
  int right = 0;
  constexpr int kCount = 2000;
  for (const Example& story : stories_of("where", kCount)) {
    std::string last;
    for (const std::string& text : sentences_of(story.question)) {
      for (const Patterns& patterns : {kThingAt, kPersonAt, kMove, kCarry, kFind}) {
        if (const auto told = read_as_one(patterns, text)) last = told->at('L');
      }
    }
    right += last == story.answer ? 1 : 0;
  }
  EXPECT_LT(static_cast<double>(right) / kCount, 0.6);
}

}  // namespace
}  // namespace noema::test
