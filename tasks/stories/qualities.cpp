#include "tasks/stories/qualities.h"

#include <algorithm>

namespace noema::stories {
namespace {

/// An adjective and its opposite, if there is one. "+big" doubles its last letter, "*careful" takes "more".
struct Scale {
  std::string_view plain, opposite;
  std::string_view of;  ///< p: people, a: animals, o: objects, w: ways
};

constexpr Scale kScales[] = {{"tall", "short", "pa"},   {"tall", "short", "po"},   {"old", "young", "pa"},
                             {"old", "young", "p"},     {"fast", "slow", "pa"},    {"strong", "weak", "pa"},
                             {"heavy", "light", "pao"}, {"heavy", "light", "ao"},  {"rich", "poor", "p"},
                             {"loud", "quiet", "pa"},   {"happy", "+sad", "p"},    {"brave", "", "pa"},
                             {"smart", "", "pa"},       {"clever", "", "pa"},      {"funny", "", "p"},
                             {"kind", "mean", "p"},     {"*polite", "rude", "p"},  {"*careful", "", "p"},
                             {"*patient", "", "p"},     {"busy", "", "pw"},        {"hungry", "", "pa"},
                             {"friendly", "", "pa"},    {"*popular", "", "p"},     {"*famous", "", "p"},
                             {"lucky", "", "p"},        {"neat", "messy", "p"},    {"*experienced", "", "p"},
                             {"wise", "", "p"},         {"tough", "", "pa"},       {"nice", "", "po"},
                             {"*generous", "", "p"},    {"*curious", "", "pa"},    {"shy", "", "pa"},
                             {"lazy", "", "p"},         {"strict", "", "p"},       {"+big", "small", "ao"},
                             {"large", "small", "ao"},  {"old", "new", "ow"},      {"long", "short", "ow"},
                             {"wide", "narrow", "ow"},  {"clean", "dirty", "ow"},  {"*expensive", "cheap", "o"},
                             {"hard", "soft", "o"},     {"thick", "+thin", "o"},   {"bright", "dark", "ow"},
                             {"shiny", "", "o"},        {"smooth", "rough", "ow"}, {"*valuable", "", "o"},
                             {"sturdy", "", "o"},       {"*modern", "", "ow"},     {"*dangerous", "safe", "aw"},
                             {"+fat", "+thin", "a"},    {"rare", "", "a"},         {"wild", "tame", "a"},
                             {"steep", "flat", "w"},    {"*beautiful", "", "aow"}, {"calm", "", "pa"},
                             {"pretty", "ugly", "ao"},  {"*intelligent", "", "pa"}};

/// What one does more of, or faster: verbs in three forms, and what can be more.
struct Doing {
  std::string_view present, past, bare;
  std::string_view what;      ///< "#goods": many of a noun of the list; "-money": much of it; "fast": an adverb
  std::string_view opposite;  ///< of an adverb
  std::string_view of = "p";
};

constexpr Doing kDoings[] = {{"has", "had", "have", "#goods", ""},
                             {"has", "had", "have", "#foods", ""},
                             {"has", "had", "have", "-money", ""},
                             {"owns", "owned", "own", "#goods", ""},
                             {"collects", "collected", "collect", "#goods", ""},
                             {"eats", "ate", "eat", "#foods", ""},
                             {"buys", "bought", "buy", "#goods", ""},
                             {"sells", "sold", "sell", "#goods", ""},
                             {"earns", "earned", "earn", "-money", ""},
                             {"spends", "spent", "spend", "-money", ""},
                             {"drinks", "drank", "drink", "-water", ""},
                             {"drinks", "drank", "drink", "-milk", ""},
                             {"weighs", "weighed", "weigh", "-", "", "pao"},
                             {"costs", "cost", "cost", "-", "", "o"},
                             {"runs", "ran", "run", "fast", "slow", "pa"},
                             {"swims", "swam", "swim", "fast", "slow", "pa"},
                             {"walks", "walked", "walk", "fast", "slow", "p"},
                             {"reads", "read", "read", "fast", "slow", "p"},
                             {"drives", "drove", "drive", "fast", "slow", "p"},
                             {"jumps", "jumped", "jump", "high", "", "pa"},
                             {"works", "worked", "work", "hard", "", "p"},
                             {"sings", "sang", "sing", "loud", "", "p"},
                             {"sleeps", "slept", "sleep", "long", "", "pa"}};

bool is_vowel(char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; }

Degree degree_of(std::string_view marked) {
  if (marked.starts_with('*')) {
    const std::string plain(marked.substr(1));
    return {plain, "more " + plain, "most " + plain};
  }
  const bool doubled = marked.starts_with('+');
  const std::string plain(doubled ? marked.substr(1) : marked);
  std::string stem = plain;
  if (doubled) stem += stem.back();
  if (stem.back() == 'e') stem.pop_back();
  if (stem.back() == 'y' && !is_vowel(stem[stem.size() - 2]) && plain != "shy") stem.back() = 'i';
  return {plain, stem + "er", stem + "est"};
}

/// The opposite, or "less" of the same.
Degree opposite_of(std::string_view plain, std::string_view opposite) {
  if (!opposite.empty()) return degree_of(opposite);
  const std::string same = degree_of(plain).plain;
  return {"", "less " + same, "least " + same};
}

Quality quality_of(const Scale& scale, Tense tense) {
  return {tense == Tense::present ? "is" : "was",
          "",
          false,
          {degree_of(scale.plain), opposite_of(scale.plain, scale.opposite)}};
}

Quality quality_of(const Telling& telling, const Doing& doing) {
  Quality quality{std::string(telling.tense == Tense::present ? doing.present : doing.past), std::string(doing.bare),
                  true};
  const std::string_view what = doing.what.substr(1);
  if (doing.what.starts_with('#')) {
    const std::string many = ' ' + plural(telling.random.pick(telling.words[what]));
    quality.degree[0] = {"many" + many, "more" + many, "most" + many};
    quality.degree[1] = {"", "fewer" + many, "fewest" + many};
  } else if (doing.what.starts_with('-')) {
    const std::string much = what.empty() ? "" : ' ' + std::string(what);
    quality.degree[0] = {"much" + much, "more" + much, "most" + much};
    quality.degree[1] = {"", "less" + much, "least" + much};
  } else {
    quality.is_count = false;
    quality.degree[0] = degree_of(doing.what);
    quality.degree[1] = opposite_of(doing.what, doing.opposite);
    if (doing.opposite.empty()) quality.degree[1] = quality.degree[0];  // nobody says "jumps less high"
  }
  return quality;
}

char letter_of(Compared compared) {
  constexpr char kLetters[] = {'p', 'a', 'o', 'w'};
  return kLetters[static_cast<std::size_t>(compared)];
}

/// The numbers of the scales, and after them of the doings, that fit.
std::vector<std::size_t> fitting(Compared compared) {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < std::size(kScales); ++i) {
    if (kScales[i].of.find(letter_of(compared)) != std::string_view::npos) all.push_back(i);
  }
  for (std::size_t i = 0; i < std::size(kDoings); ++i) {
    if (kDoings[i].of.find(letter_of(compared)) != std::string_view::npos) all.push_back(std::size(kScales) + i);
  }
  return all;
}

}  // namespace

std::vector<Quality> draw_qualities(const Telling& telling, Compared compared, std::size_t count) {
  std::vector<std::size_t> numbers = fitting(compared);
  telling.random.shuffle(numbers);
  std::vector<Quality> qualities;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = numbers[i];
    qualities.push_back(number < std::size(kScales) ? quality_of(kScales[number], telling.tense)
                                                    : quality_of(telling, kDoings[number - std::size(kScales)]));
  }
  return qualities;
}

Words quality_words() {
  Words words;
  const auto add = [&](const Degree& degree) {
    for (const std::string& word : {degree.plain, degree.more, degree.most}) words.push_back(word);
  };
  for (const Scale& scale : kScales) {
    add(degree_of(scale.plain));
    add(opposite_of(scale.plain, scale.opposite));
  }
  for (const Doing& doing : kDoings) {
    for (const std::string_view word : {doing.present, doing.past, doing.bare}) words.emplace_back(word);
    if (doing.what.starts_with('-')) words.emplace_back(doing.what.substr(1));
    if (doing.what.starts_with('#') || doing.what.starts_with('-')) continue;
    add(degree_of(doing.what));
    if (!doing.opposite.empty()) add(degree_of(doing.opposite));
  }
  words.insert(words.end(), {"is", "was", "many", "much", "more", "most", "fewer", "fewest", "less", "least"});
  return words;
}

}  // namespace noema::stories
