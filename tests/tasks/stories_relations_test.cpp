// Who comes first, and what follows? Readers of their own collect the relations that a story tells.

#include <gtest/gtest.h>

#include <set>

#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

using Patterns = std::vector<std::string>;

/// "a comes before b", or exceeds it, and what follows from it.
class Relation {
 public:
  void add(const std::string& before, const std::string& after) {
    follows_[before].insert(after);
    all_.insert(before);
    all_.insert(after);
  }

  bool holds(const std::string& before, const std::string& after) const {
    const auto found = follows_.find(before);
    if (found == follows_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](const std::string& next) { return next == after || holds(next, after); });
  }

  /// Those that come before all others.
  Patterns firsts() const {
    Patterns firsts;
    for (const std::string& one : all_) {
      const bool is_first = std::all_of(all_.begin(), all_.end(),
                                        [&](const std::string& other) { return one == other || holds(one, other); });
      if (is_first) firsts.push_back(one);
    }
    return firsts;
  }

 private:
  std::map<std::string, std::set<std::string>> follows_;
  std::set<std::string> all_;
};

std::string without_article(std::string name) {
  if (name.starts_with("the ") || name.starts_with("The ")) name.erase(0, 4);
  return name;
}

const std::map<std::string, std::pair<char, int>>& qualities() {
  // What a word measures, and in which direction. "tall" and "long" share "short" as the opposite, "young" and "new"
  // share "old"; no story has both.
  static const std::map<std::string, std::pair<char, int>> all = {
      {"tall", {'t', 1}},   {"long", {'t', 1}},   {"short", {'t', -1}}, {"old", {'o', 1}},    {"young", {'o', -1}},
      {"new", {'o', -1}},   {"fast", {'f', 1}},   {"slow", {'f', -1}},  {"strong", {'s', 1}}, {"weak", {'s', -1}},
      {"heavy", {'h', 1}},  {"light", {'h', -1}}, {"rich", {'r', 1}},   {"poor", {'r', -1}},  {"loud", {'l', 1}},
      {"quiet", {'l', -1}}, {"big", {'b', 1}},    {"small", {'b', -1}}, {"wide", {'w', 1}},   {"narrow", {'w', -1}},
      {"clean", {'c', 1}},  {"dirty", {'c', -1}}};
  return all;
}

/// The quality of a word in any degree: "tall", "taller", "tallest".
std::pair<char, int> quality_of(const std::string& word) {
  std::pair<char, int> best = {'?', 0};
  for (const auto& [plain, quality] : qualities()) {
    const std::string stem = plain.ends_with("y") ? plain.substr(0, plain.size() - 1) : plain;
    if (word.starts_with(stem)) best = quality;
  }
  return best;
}

struct Comparison {
  std::string more, less;
  std::pair<char, int> quality;
};

std::optional<Comparison> comparison_in(const std::string& text) {
  const Patterns patterns = {"Compared with {B}, {A} is {M}.", "It is clear that {A} is {M} than {B}.",
                             "{A} is much {M} than {B}.", "{A} is a bit {M} than {B}.", "{A} is {M} than {B}."};
  if (const auto told = read_as("{B} is not as {M} as {A}.", text)) {
    return Comparison{without_article(told->at('A')), without_article(told->at('B')), quality_of(told->at('M'))};
  }
  const auto told = read_as_one(patterns, text);
  if (!told) return std::nullopt;
  return Comparison{without_article(told->at('A')), without_article(told->at('B')), quality_of(told->at('M'))};
}

/// Who exceeds whom in the quality asked for.
Relation order_in(const Patterns& sentences, std::pair<char, int> asked) {
  Relation relation;
  for (const std::string& text : sentences) {
    const auto told = comparison_in(text);
    if (!told || told->quality.first != asked.first) continue;
    const bool same_way = told->quality.second == asked.second;
    relation.add(same_way ? told->more : told->less, same_way ? told->less : told->more);
  }
  return relation;
}

TEST(StoriesOrder, AnswersFollowFromTheComparisons) {
  const Patterns most = {"Who is the {M} of all?",   "Who is the {M} one?",   "Who is the {M}?",
                         "Which is the {M} of all?", "Which one is the {M}?", "Which is the {M}?"};
  const Patterns than = {"Who is {M} than {X}, {A} or {B}?", "Which is {M} than {X}, {A} or {B}?"};
  const Patterns two = {"Who is {M}, {A} or {B}?", "Which is {M}, {A} or {B}?"};
  for (const Example& story : stories_of("order", 1000)) {
    const Patterns sentences = sentences_of(story.question);
    if (const auto asked = read_as_one(two, sentences.back())) {
      const Relation order = order_in(sentences, quality_of(asked->at('M')));
      const std::string a = without_article(asked->at('A')), b = without_article(asked->at('B'));
      EXPECT_NE(order.holds(a, b), order.holds(b, a)) << story.question;
      EXPECT_EQ(order.holds(a, b) ? a : b, story.answer) << story.question;
      continue;
    }
    if (const auto asked = read_as_one(than, sentences.back())) {
      const Relation order = order_in(sentences, quality_of(asked->at('M')));
      const std::string x = without_article(asked->at('X'));
      const bool first = order.holds(without_article(asked->at('A')), x);
      EXPECT_NE(first, order.holds(without_article(asked->at('B')), x)) << story.question;
      EXPECT_EQ(without_article(asked->at(first ? 'A' : 'B')), story.answer) << story.question;
      continue;
    }
    const auto asked = read_as_one(most, sentences.back());
    ASSERT_TRUE(asked) << story.question;
    EXPECT_EQ(order_in(sentences, quality_of(asked->at('M'))).firsts(), Patterns{story.answer}) << story.question;
  }
}

/// What was before what; after what, when read backwards.
Relation times_in(const Patterns& sentences, bool backwards = false) {
  const Patterns before = {"The {A} came before the {B}.",       "The {A} was before the {B}.",
                           "Before the {B} there was the {A}.",  "After the {A} came the {B}.",
                           "The {A} took place before the {B}.", "The {A} was over before the {B} began."};
  const Patterns after = {"The {B} came after the {A}.", "The {B} was after the {A}.", "The {B} followed the {A}.",
                          "The {B} took place after the {A}.", "The {B} began after the {A} was over."};
  Relation relation;
  for (const std::string& text : sentences) {
    auto told = read_as_one(before, text);
    if (!told) told = read_as_one(after, text);
    if (told) relation.add(told->at(backwards ? 'B' : 'A'), told->at(backwards ? 'A' : 'B'));
  }
  return relation;
}

TEST(StoriesTime, AnswersFollowFromWhatWasBeforeWhat) {
  const Patterns than = {
      "What came before the {X}, the {A} or the {B}?", "Which was before the {X}, the {A} or the {B}?",
      "What came after the {X}, the {A} or the {B}?", "Which was after the {X}, the {A} or the {B}?"};
  for (const Example& story : stories_of("time", 1000)) {
    const Patterns sentences = sentences_of(story.question);
    const Relation times = times_in(sentences);
    const std::string& question = sentences.back();
    if (const auto asked = read_as_one(than, question)) {
      const bool is_before = question.find("before") != std::string::npos;
      const auto fits = [&](const std::string& event) {
        return is_before ? times.holds(event, asked->at('X')) : times.holds(asked->at('X'), event);
      };
      EXPECT_NE(fits(asked->at('A')), fits(asked->at('B'))) << story.question;
      EXPECT_TRUE(fits(story.answer)) << story.question;
      continue;
    }
    const bool backwards = question.find("last") != std::string::npos;
    EXPECT_EQ(times_in(sentences, backwards).firsts(), Patterns{story.answer}) << story.question;
  }
}

/// What an individual is or likes, by the sentences "every X is a Y".
struct Kinds {
  std::vector<std::pair<std::string, std::string>> every;  ///< kind, what it is or likes
  std::map<std::string, std::string> individuals;
};

std::string noun_in(std::string text) {
  for (const std::string article : {"a ", "an "}) {
    if (text.starts_with(article)) text.erase(0, article.size());
  }
  return text;
}

Kinds kinds_in(const Patterns& sentences) {
  const Patterns every = {"Every {X} is {Y}.",    "Each {X} is {Y}.",           "All {X} are {Y}.",
                          "Any {X} is also {Y}.", "If one is {X}, one is {Y}.", "Whoever is {X} is also {Y}.",
                          "Every {X} likes {Y}.", "All {X} like {Y}.",          "Each {X} likes {Y}."};
  const Patterns individual = {"We know that {P} is {X}.", "{P} has always been {X}.", "Everyone says that {P} is {X}.",
                               "{P} is {X}."};
  Kinds kinds;
  for (const std::string& text : sentences) {
    if (const auto told = read_as_one(every, text)) {
      kinds.every.emplace_back(noun_in(told->at('X')), noun_in(told->at('Y')));
    } else if (const auto one = read_as_one(individual, text)) {
      kinds.individuals[one->at('P')] = noun_in(one->at('X'));
    }
  }
  return kinds;
}

bool reaches(const Kinds& kinds, const std::string& from, const std::string& to) {
  const auto same = [](const std::string& a, const std::string& b) { return is_noun(a, b) || is_noun(b, a); };
  if (same(from, to)) return true;
  return std::any_of(kinds.every.begin(), kinds.every.end(),
                     [&](const auto& rule) { return same(rule.first, from) && reaches(kinds, rule.second, to); });
}

TEST(StoriesKinds, AnswersFollowFromTheKinds) {
  const Patterns which = {"Is {P} {A} or {B}?", "What is {P}, {A} or {B}?"};
  const Patterns property = {"What color is {P}?", "Which color is {P}?", "What does {P} like?",
                             "What does {P} like, then?"};
  for (const Example& story : stories_of("kinds", 1000)) {
    const Patterns sentences = sentences_of(story.question);
    const Kinds kinds = kinds_in(sentences);
    const auto asked = read_as_one(which, sentences.back());
    const auto asked_property = asked ? asked : read_as_one(property, sentences.back());
    ASSERT_TRUE(asked_property) << story.question;
    const auto found = kinds.individuals.find(asked_property->at('P'));
    ASSERT_NE(found, kinds.individuals.end()) << story.question;
    EXPECT_TRUE(reaches(kinds, found->second, story.answer)) << story.question;
    if (!asked) continue;
    const std::string a = noun_in(asked->at('A')), b = noun_in(asked->at('B'));
    EXPECT_FALSE(reaches(kinds, found->second, a == story.answer ? b : a)) << story.question;
  }
}

}  // namespace
}  // namespace noema::test
