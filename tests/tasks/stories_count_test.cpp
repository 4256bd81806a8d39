// How many has one got? A reader of its own counts along the story's sentences.

#include <gtest/gtest.h>

#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

using Patterns = std::vector<std::string>;

const Patterns kStart = {"At first {P} had {N}.", "In the morning {P} had {N}.", "{P} had {N}.",
                         "{P} started with {N}."};
const Patterns kHandOver = {"{P} gave {N} to {Q}.", "{P} handed {N} to {Q}.", "{Q} got {N} from {P}.",
                            "{Q} took {N} from {P}.", "{P} gave {Q} {N}."};
const Patterns kGain = {
    "{P} bought {N}.",           "{P} found {N}.", "{P} won {N}.", "Then {P} got {N}.", "{P} got {N} from a friend.",
    "After that {P} bought {N}."};
const Patterns kLoss = {"{P} lost {N}.",      "{P} gave away {N}.", "{P} sold {N}.",    "{P} threw away {N}.",
                        "Then {P} lost {N}.", "{P} ate {N}.",       "Then {P} ate {N}."};
const Patterns kHalf = {"{P} gave half of the {X} to {Q}.", "{P} shared the {X} equally with {Q}."};
const Patterns kHowMany = {"How many {X} does {P} have?", "How many {X} does {P} have now?",
                           "How many {X} does {P} have in the end?", "How many {X} has {P} got now?"};
const Patterns kTotalQuestion = {"How many {X} do they have together?", "How many {X} do they have in all?",
                                 "How many {X} are there in all?"};

struct Amount {
  int count = 0;
  std::string noun;
};

/// "4 muffins", "one card", "no cards"; nothing for other texts.
std::optional<Amount> amount_of(const std::string& text) {
  static const Patterns words = {"no",    "one",   "two",  "three", "four",   "five",  "six",
                                 "seven", "eight", "nine", "ten",   "eleven", "twelve"};
  const auto space = text.find(' ');
  if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) return std::nullopt;
  const std::string number = text.substr(0, space);
  const auto word = std::find(words.begin(), words.end(), number);
  if (word != words.end()) return Amount{static_cast<int>(word - words.begin()), text.substr(space + 1)};
  if (number.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return Amount{std::stoi(number), text.substr(space + 1)};
}

struct Told {
  Captures captures;
  Amount amount;
};

/// The sentence as one of the patterns, when its {N} is an amount.
std::optional<Told> amount_told(const Patterns& patterns, const std::string& text) {
  for (const std::string& pattern : patterns) {
    const auto captures = read_as(pattern, text);
    if (!captures) continue;
    if (const auto amount = amount_of(captures->at('N'))) return Told{*captures, *amount};
  }
  return std::nullopt;
}

/// Counts what one person has of one noun.
class Counting {
 public:
  Counting(std::string person, std::string noun) : person_(std::move(person)), noun_(std::move(noun)) {}

  void read(const std::string& text) {
    if (const auto told = read_as_one(kHalf, text)) {
      if (told->at('P') == person_ && told->at('X') == noun_) set(count_ / 2);
    } else if (const auto start = amount_told(kStart, text)) {
      if (is_mine(*start, 'P')) set(start->amount.count);
    } else if (const auto given = amount_told(kHandOver, text)) {
      if (is_mine(*given, 'P')) set(count_ - given->amount.count);
      if (is_mine(*given, 'Q')) set(count_ + given->amount.count);
    } else if (const auto gained = amount_told(kGain, text)) {
      if (is_mine(*gained, 'P')) set(count_ + gained->amount.count);
    } else if (const auto lost = amount_told(kLoss, text)) {
      if (is_mine(*lost, 'P')) set(count_ - lost->amount.count);
    }
  }

  int count() const { return count_; }
  std::size_t changes() const { return changes_; }

 private:
  bool is_mine(const Told& told, char person) const {
    return told.captures.at(person) == person_ && is_noun(told.amount.noun, noun_);
  }
  void set(int count) {
    count_ = count;
    ++changes_;
  }

  std::string person_, noun_;
  int count_ = 0;
  std::size_t changes_ = 0;
};

int total_of(const Patterns& sentences, const std::string& noun) {
  int total = 0;
  for (const std::string& text : sentences) {
    const auto told = amount_told(kStart, text);
    if (told && is_noun(told->amount.noun, noun)) total += told->amount.count;
  }
  return total;
}

TEST(StoriesCount, AnswersFollowFromTheSentences) {
  int totals = 0;
  constexpr int kCount = 1000;
  for (const Example& story : stories_of("count", kCount)) {
    const Patterns sentences = sentences_of(story.question);
    if (const auto asked = read_as_one(kTotalQuestion, sentences.back())) {
      ++totals;
      EXPECT_EQ(story.answer, std::to_string(total_of(sentences, asked->at('X')))) << story.question;
      continue;
    }
    const auto asked = read_as_one(kHowMany, sentences.back());
    ASSERT_TRUE(asked) << story.question;
    Counting counting(asked->at('P'), asked->at('X'));
    for (const std::string& text : sentences) counting.read(text);
    EXPECT_EQ(story.answer, std::to_string(counting.count())) << story.question;
    EXPECT_EQ(story.steps.size(), counting.changes() + 1) << story.question;
  }
  EXPECT_NEAR(static_cast<double>(totals) / kCount, 0.2, 0.05);
}

TEST(StoriesCount, EveryEquationHoldsAndTheLastGivesTheAnswer) {
  for (const Example& story : stories_of("count", 500)) {
    int result = 0;
    for (const std::string& step : story.steps) {
      const auto so = step.find(", so ");
      if (so == std::string::npos) continue;
      const auto sum = read_as("{A} {O} {B} = {C}.", step.substr(so + 5));
      ASSERT_TRUE(sum) << step;
      const int a = std::stoi(sum->at('A')), b = std::stoi(sum->at('B'));
      const char operation = sum->at('O')[0];
      result = std::stoi(sum->at('C'));
      EXPECT_EQ(result, operation == '+' ? a + b : operation == '-' ? a - b : a / b) << step;
    }
    EXPECT_EQ(std::to_string(result), story.answer);
    EXPECT_GE(result, 0);
    EXPECT_LE(result, 20);
  }
}

TEST(StoriesCount, NoAnswerIsFrequent) {
  std::map<std::string, int> answers;
  for (const Example& story : stories_of("count", 1000)) ++answers[story.answer];
  EXPECT_GE(answers.size(), 19u);
  for (const auto& [answer, count] : answers) EXPECT_LT(count, 120) << answer;
}

}  // namespace
}  // namespace noema::test
