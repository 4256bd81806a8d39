// Readers of their own solve stories from their text. They read the plain ones: those of which they understand every
// sentence.

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <regex>
#include <set>

#include "tests/tasks/story_reader.h"

namespace noema::test {
namespace {

const std::string kSomebody = "((?:Mr\\. |Mrs\\. |Ms\\. |Miss |Dr\\. )?[A-Z][a-z]+(?: [A-Z][a-z]+)?|[Tt]he [a-z -]+?)";

std::string without_article(std::string name) {
  return name.starts_with("the ") || name.starts_with("The ") ? name.substr(4) : name;
}

/// "a comes before b", and what follows from it.
class Relation {
 public:
  void add(const std::string& before, const std::string& after) { follows_[before].insert(after); }

  bool holds(const std::string& before, const std::string& after) const {
    const auto found = follows_.find(before);
    if (found == follows_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(),
                       [&](const std::string& next) { return next == after || holds(next, after); });
  }

 private:
  std::map<std::string, std::set<std::string>> follows_;
};

using Ordered = std::optional<std::pair<std::string, std::string>>;

/// Whether a sentence is one clause, of those who are called by their names.
bool is_plain(const std::string& sentence) {
  for (const char* start : {"It ", "He ", "She ", "Old ", "Young ", "Little "}) {
    if (sentence.starts_with(start)) return false;
  }
  return sentence.find(" and ") == std::string::npos && sentence.find(" but ") == std::string::npos;
}

/// Every sentence of the story as "a is before b"; nothing when one is read otherwise.
template <typename Read>
std::optional<Relation> relation_in(const std::vector<std::string>& told, const Read& read) {
  Relation relation;
  for (const std::string& sentence : told) {
    const Ordered pair = is_plain(sentence) ? read(sentence) : Ordered();
    if (!pair) return std::nullopt;
    relation.add(pair->first, pair->second);
  }
  return relation;
}

TEST(StoryReaders, OrderFollowsFromTheComparisons) {
  const std::map<std::string, std::string> opposites = {
      {"taller", "shorter"},  {"older", "younger"},   {"faster", "slower"},   {"stronger", "weaker"},
      {"heavier", "lighter"}, {"richer", "poorer"},   {"louder", "quieter"},  {"bigger", "smaller"},
      {"larger", "smaller"},  {"wider", "narrower"},  {"cleaner", "dirtier"}, {"harder", "softer"},
      {"thicker", "thinner"}, {"brighter", "darker"}, {"rougher", "smoother"}};
  const std::regex comparison("^(?:[A-Z][a-z ]+ that )?" + kSomebody +
                              " (?:is|was) (?:(?:much|a bit|a little|far|slightly|a lot|even) )?([a-z ]+) than " +
                              kSomebody + "\\.$");
  const std::regex yes_or_no("^(?:Is|Was) " + kSomebody + " ((?:more |less )?[a-z]+) than " + kSomebody + "\\?$");
  const std::regex two("^(?:Who|Which) (?:is|was) ([a-z ]+)[,:] " + kSomebody + " or " + kSomebody + "\\?$");
  int read = 0;
  for (const Example& story : stories_of("order", 4000)) {
    const ReadStory text = read_story(story.question);
    std::smatch asked;
    const bool is_yes_or_no = std::regex_match(text.question, asked, yes_or_no);
    if (!is_yes_or_no && !std::regex_match(text.question, asked, two)) continue;
    const std::string more = asked[is_yes_or_no ? 2 : 1];
    const std::string a = without_article(asked[is_yes_or_no ? 1 : 2]), b = without_article(asked[3]);
    const auto relation = relation_in(text.told, [&](const std::string& sentence) -> Ordered {
      std::smatch told;
      if (!std::regex_match(sentence, told, comparison)) return std::nullopt;
      const std::string first = without_article(told[1]), degree = told[2], second = without_article(told[3]);
      if (degree == more) return std::pair(first, second);
      const auto is_opposite = [&](const auto& one) {
        return (one.first == more && one.second == degree) || (one.second == more && one.first == degree);
      };
      const auto counterpart = [](const std::string& word) {
        return word.starts_with("more ")   ? "less " + word.substr(5)
               : word.starts_with("less ") ? "more " + word.substr(5)
                                           : "";
      };
      if (counterpart(more) == degree) return std::pair(second, first);
      if (std::none_of(opposites.begin(), opposites.end(), is_opposite)) return std::nullopt;
      return std::pair(second, first);
    });
    if (!relation) continue;
    ++read;
    EXPECT_NE(relation->holds(a, b), relation->holds(b, a)) << story.question;
    const std::string answer = is_yes_or_no ? (relation->holds(a, b) ? "yes" : "no") : relation->holds(a, b) ? a : b;
    EXPECT_EQ(story.answer, answer) << story.question;
  }
  EXPECT_GT(read, 15);
}

TEST(StoryReaders, TimeFollowsFromWhatWasBeforeWhat) {
  const std::string event = "[Tt]he ([a-z -]+?)";
  const std::vector<std::pair<std::regex, bool>> forms = {
      {std::regex(event + " (?:came|was|took place|happened|was held) (?:(?:right|just|shortly) )?before " + event +
                  "\\."),
       true},
      {std::regex(event + " (?:came|was|took place|happened|was held) (?:(?:right|soon|just|some time) )?after " +
                  event + "\\."),
       false},
      {std::regex(event + " (?:came|was|happened) earlier than " + event + "\\."), true},
      {std::regex(event + " (?:came|was|happened) later than " + event + "\\."), false},
      {std::regex("After " + event + " (?:came|there was) " + event + "\\."), true},
      {std::regex("Before " + event + " (?:came|there was) " + event + "\\."), false},
      {std::regex(event + " (?:was over|ended|was finished) before " + event + " (?:began|started)\\."), true},
      {std::regex(event + " followed " + event + "(?: directly| later)?\\."), false}};
  const std::regex yes_or_no("(?:Was " + event + "|Did " + event + " (?:come|happen)) (before|after) " + event + "\\?");
  const std::regex two("(?:What|Which) (?:came|was|happened) (first|earlier|last|later), (the [a-z -]+?) or " + event +
                       "\\?");
  int read = 0;
  for (const Example& story : stories_of("time", 2000)) {
    const ReadStory text = read_story(story.question);
    std::smatch asked;
    const bool is_yes_or_no = std::regex_match(text.question, asked, yes_or_no);
    if (!is_yes_or_no && !std::regex_match(text.question, asked, two)) continue;
    const auto relation = relation_in(text.told, [&](const std::string& sentence) -> Ordered {
      for (const auto& [form, forwards] : forms) {
        std::smatch told;
        if (std::regex_match(sentence, told, form))
          return forwards ? std::pair(told[1].str(), told[2].str()) : std::pair(told[2].str(), told[1].str());
      }
      return std::nullopt;
    });
    if (!relation) continue;
    ++read;
    if (is_yes_or_no) {
      const std::string a = asked[1].matched ? asked[1] : asked[2], b = asked[4];
      const bool holds = asked[3] == "before" ? relation->holds(a, b) : relation->holds(b, a);
      EXPECT_EQ(story.answer, holds ? "yes" : "no") << story.question;
      continue;
    }
    const std::string a = without_article(asked[2]), b = asked[3];
    const bool first = asked[1] == "first" || asked[1] == "earlier";
    EXPECT_EQ(story.answer, relation->holds(a, b) == first ? a : b) << story.question;
  }
  EXPECT_GT(read, 40);
}

TEST(StoryReaders, KindsFollowFromTheRules) {
  const std::regex individual(
      "^([A-Z][a-z]+) (?:is|has always been|was born|became)(?: [a-z]+)? an? (?:[a-z]+ )?([a-z]+)\\.$");
  const std::regex every(
      "(?:^|, | that )(?:[Ee]very single|[Ee]very|[Ee]ach|[Aa]ny) ([a-z ]+?) is (?:also )?an? ([a-z ]+)\\.$");
  const std::regex none("(?:^|, | that )[Nn]o ([a-z ]+?) is an? ([a-z ]+)\\.$");
  const std::regex asked_kind("^(?:Is|So is) ([A-Z][a-z]+) an? ([a-z ]+)\\?$");
  int read = 0;
  for (const Example& story : stories_of("kinds", 4000)) {
    const ReadStory text = read_story(story.question);
    std::smatch asked;
    if (!std::regex_match(text.question, asked, asked_kind) || text.question.find(" or ") != std::string::npos)
      continue;
    Relation is, is_not;
    bool plain = true;
    for (const std::string& sentence : text.told) {
      std::smatch told;
      if (std::regex_search(sentence, told, every) || std::regex_match(sentence, told, individual)) {
        is.add(told[1], told[2]);
      } else if (std::regex_search(sentence, told, none)) {
        is_not.add(told[1], told[2]);
      } else if (sentence.find(" are ") != std::string::npos || sentence.find(" named ") != std::string::npos ||
                 sentence.find(" called ") != std::string::npos || sentence.find(" an") != std::string::npos ||
                 sentence.find(" a ") != std::string::npos) {
        plain = false;
      }
    }
    if (!plain) continue;
    ++read;
    if (story.answer == "yes") {
      EXPECT_TRUE(is.holds(asked[1], asked[2])) << story.question;
      continue;
    }
    const std::string last = story.steps[story.steps.size() - 2];
    std::smatch denied;
    ASSERT_TRUE(std::regex_match(last, denied, none)) << last;
    EXPECT_TRUE(is.holds(asked[1], denied[1])) << story.question;
    EXPECT_TRUE(is_not.holds(denied[1], asked[2])) << story.question;
  }
  EXPECT_GT(read, 15);
}

}  // namespace
}  // namespace noema::test
