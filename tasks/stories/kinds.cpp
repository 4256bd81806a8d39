// What follows from "every X is a Y"? A walk from somebody up to a kind, or to what that kind has in common.

#include <algorithm>

#include "tasks/stories/telling.h"

namespace noema::stories {
namespace kinds {
namespace {

/// {x} stands with its article, {X} without, {Z} in the plural; so do {y}, {Y}, {W} of the kind above.
const Words kIndividual = {
    "is {x}",
    "is a {J} {X}",
    "is a {J} {X}",
    "is a[ very| really] {J} {X}",
    "is a {J}(, |, | and ){j} {X}",
    "has always been {x}",
    "(is really|is indeed|is certainly|became|has become|was born|turned out to be) {x}",
    ("~(we know that|everyone says that|it is known that|I know that|I heard that|they say that) "
     "{P} is {x}"),
    "~there is {x} (called|named) {P}",
    "~there is a {J} {X} (called|named) {P}",
    "~(my|our|the) {X} is (called|named) {P}"};
/// Of people only.
const Words kWorker = {"works as {x}", "is {x} (by profession|by trade|in a small town|at heart)",
                       "is a (well-known|trained) {X}", "earns a living as {x}"};
/// Before what holds of a whole kind.
const Words kRuleLeads = {
    "",
    "",
    "",
    "(here|in this (town|story|land|world|place)|on this island|in the story), ",
    "(we know that|it is true that|it is a fact that|everyone knows that|I know that|they say that) ",
    "(as everyone knows|of course|in fact|as a rule|by the way), ",
    "(it is known that|remember that|note that|it is also true that|I read that) "};
const Words kEvery = {"every {X} is {y}",
                      "each {X} is[ also] {y}",
                      "all {Z} are {W}",
                      "{Z} are {W}",
                      "any {X} is[ also] {y}",
                      "(if one is {x}, one is|if something is {x}, it is|whoever is {x} is)[ also] {y}",
                      "{x} is (always|also) {y}",
                      "all {Z} are also {W}",
                      "{Z} are (always|all|also) {W}",
                      "every single {X} is {y}"};
const Words kNo = {"no {X} is {y}", "no {Z} are {W}", "{Z} are (not|never) {W}", "{x} is (not|never) {y}"};

/// What kinds have in common, in forms: of one, of many, not of one, not of many, asked for, and what is open.
struct Property {
  std::string one, many, not_one, not_many;
  std::string question;       ///< whether, of {P}
  std::string open_question;  ///< what, of {P}
  std::string value;          ///< the answer to the open question
};

const Words kEveryProperty = {"every {X} {O}", "each {X} {O}", "all {Z} {M}",       "{Z} {M}",
                              "{Z} {M}",       "any {X} {O}",  "{x} (always |){O}", "all {Z} {M}"};
const Words kNoProperty = {"no {X} {O}", "no {Z} {M}", "{Z} {N}", "{x} {n}", "{Z} {N}"};

const Words kWhichKind = {"is {P} {x} or {y}?", "what is {P}, {x} or {y}?", "is {P} {x}, or is {p} {y}?",
                          "which is {P}, {x} or {y}?"};
const Words kIsKind = {"is {P} {x}?", "is {P} {x}?", "is it true that {P} is {x}?", "so is {P} {x}?"};

const Words kColors = {"red",   "blue", "green", "yellow", "white",  "black",
                       "brown", "gray", "pink",  "purple", "orange", "golden"};
const Words kTraits = {"kind",   "quiet",   "fast",  "slow",   "strong", "friendly", "shy",   "loud",
                       "clever", "lazy",    "brave", "hungry", "tall",   "small",    "big",   "nice",
                       "happy",  "careful", "young", "old",    "busy",   "tired",    "funny", "polite",
                       "rich",   "gentle",  "wild",  "round",  "soft",   "heavy"};
const Words kAdjectives = {"small",    "big",     "young",   "good",   "famous", "nice",   "new",      "little",
                           "friendly", "clever",  "happy",   "shy",    "brave",  "lovely", "cheerful", "lazy",
                           "quiet",    "strange", "curious", "tall",   "loud",   "fast",   "slow",     "strong",
                           "gentle",   "lucky",   "funny",   "hungry", "busy",   "calm",   "proud",    "smart",
                           "wild",     "kind",    "large",   "pretty", "sweet",  "tiny",   "wise",     "bold"};
const Words kSkills = {"swim",      "fly",          "sing",          "jump",        "climb", "dance", "run fast",
                       "read",      "write",        "cook",          "ski",         "dive",  "dig",   "paint",
                       "whistle",   "see at night", "swim well",     "play chess",  "skate", "count", "ride a bike",
                       "hear well", "climb trees",  "keep a secret", "tell stories"};

std::string of(std::string_view pattern, std::string_view value) {
  std::string text;
  for (const char c : pattern) c == '*' ? text.append(value) : text.append(1, c);
  return text;
}

enum class Shared { color, pleasure, feature, skill, trait };

Property property_of(Shared shared, const std::string& value) {
  const auto with = [&](std::string_view one, std::string_view many, std::string_view not_one,
                        std::string_view not_many, std::string_view question, std::string_view open) {
    return Property{of(one, value),
                    of(many, value),
                    of(not_one, value),
                    of(not_many, value),
                    of(question, value),
                    std::string(open),
                    value};
  };
  switch (shared) {
    case Shared::color:
      return with("is *", "are *", "is (not|never) *", "are (not|never) *", "is {P} *?", "(what|which) color is {P}?");
    case Shared::pleasure:
      return with("(likes|likes|loves) *", "(like|love) *", "does not like *", "(do not|don't|never) like *",
                  "does {P} like *?", "what does {P} (like|love)[, then]?");
    case Shared::feature:
      return with("has *", "have *", "does not have *", "(do not|don't|never) have *", "(does {P} have|has {P} got) *?",
                  "what does {P} have?");
    case Shared::skill:
      return with("can *", "can *", "(cannot|can't|can never) *", "(cannot|can't|can never) *", "can {P} *?",
                  "what can {P} do?");
    default:
      return with("is *", "are *", "is (not|never) *", "are (not|never) *", "is {P} *?", "what is {P} like?");
  }
}

/// Kinds one above the other, the lowest first, with somebody of the lowest kind.
struct Chain {
  Actor individual;
  Words kinds;
  std::size_t reach = 0;  ///< of the kind that is asked for, or that has the property
  bool holds = true;      ///< "every", else "no"
};

enum class Ask { which_kind, is_kind, open, whether };

/// What is drawn for a story before it is told.
struct Plan {
  Ask ask = Ask::is_kind;
  std::vector<Chain> chains;         ///< one or two
  std::vector<Property> properties;  ///< of each chain; all speak of the first where one asks whether
};

std::string say_kinds(const Telling& telling, const Words& patterns, const std::string& lower,
                      const std::string& upper) {
  return telling.say(patterns, {{'X', lower},
                                {'x', with_article(lower)},
                                {'Z', plural(lower)},
                                {'y', with_article(upper)},
                                {'W', plural(upper)}});
}

/// "Every cat is an animal." or "No cat is a fish."
std::string kind_step(const std::string& lower, const std::string& upper, bool holds) {
  return (holds ? "Every " : "No ") + lower + " is " + with_article(upper) + '.';
}

/// "Every cat likes milk." or "No cat likes milk.": in the first words that there are for it.
std::string property_step(const std::string& kind, const Property& property, bool holds) {
  std::string one = property.one;
  if (one.starts_with('(')) one = one.substr(1, one.find('|') - 1) + one.substr(one.find(')') + 1);
  return (holds ? "Every " : "No ") + kind + ' ' + one + '.';
}

Clause tell_individual(const Telling& telling, const Chain& chain, bool is_person) {
  const Words adjectives = draw(telling.random, kAdjectives, 2);
  const bool worker = is_person && telling.random.chance(0.2);
  const std::string text = telling.say(worker ? kWorker : kIndividual, {{'P', chain.individual.name},
                                                                        {'x', with_article(chain.kinds[0])},
                                                                        {'X', chain.kinds[0]},
                                                                        {'J', adjectives[0]},
                                                                        {'j', adjectives[1]}});
  if (text.starts_with('~')) return {{}, text.substr(1), {chain.individual}};
  return {chain.individual, text};
}

std::string tell_property(const Telling& telling, const Chain& chain, const Property& property) {
  const std::string& kind = chain.kinds[chain.reach];
  return telling.say(chain.holds ? kEveryProperty : kNoProperty, {{'X', kind},
                                                                  {'x', with_article(kind)},
                                                                  {'Z', plural(kind)},
                                                                  {'O', telling.say(property.one)},
                                                                  {'M', telling.say(property.many)},
                                                                  {'n', telling.say(property.not_one)},
                                                                  {'N', telling.say(property.not_many)}});
}

/// Two chains drawn alike, so that nothing but the walk tells which of them the question is about.
std::vector<Chain> draw_chains(const Telling& telling, Ask ask, std::size_t count, bool people) {
  Random& random = telling.random;
  const bool kind = ask == Ask::which_kind || ask == Ask::is_kind;
  const std::vector<Actor> names =
      people ? draw_named_people(random, telling.words, count) : draw_pets(random, telling.words, count);
  Words lowest, above;
  do {
    lowest = draw(random, telling.words[people ? "jobs" : "creatures"], count);
    above = draw(random, telling.words[people ? "people classes" : "creature classes"], 4 * count);
  } while (std::find_first_of(above.begin(), above.end(), lowest.begin(), lowest.end()) != above.end());
  std::vector<Chain> chains;
  for (std::size_t i = 0; i < count; ++i) {
    Chain chain{names[i], {}, draw_weighted(random, {38, 34, 19, 9}) + (kind ? 1 : 0)};
    if (chain.reach > 3) chain.reach = 3;
    const std::size_t length = chain.reach + 1 + (random.chance(0.12) ? 1 : 0);
    for (std::size_t k = 0; k < length; ++k) {
      const bool made_up = random.chance(2 * telling.words.made_up());
      chain.kinds.push_back(made_up ? made_up_word(random) : k == 0 ? lowest[i] : above[4 * i + k - 1]);
    }
    chains.push_back(std::move(chain));
  }
  return chains;
}

Property draw_property(const Telling& telling, Shared shared, bool people) {
  Random& random = telling.random;
  switch (shared) {
    case Shared::color:
      return property_of(shared, random.pick(kColors));
    case Shared::pleasure:
      return property_of(shared, random.pick(telling.words["pleasures"]));
    case Shared::feature:
      return property_of(shared, random.pick(telling.words[people ? "possessions" : "features"]));
    case Shared::skill:
      return property_of(shared, random.pick(kSkills));
    default:
      return property_of(shared, random.pick(kTraits));
  }
}

Plan draw_plan(const Telling& telling) {
  Random& random = telling.random;
  constexpr Ask kAsks[] = {Ask::which_kind, Ask::is_kind, Ask::open, Ask::whether};
  Plan plan;
  plan.ask = kAsks[draw_weighted(random, {22, 20, 24, 34})];
  const bool people = random.chance(0.5);
  const bool two = plan.ask == Ask::which_kind || random.chance(plan.ask == Ask::open ? 0.85 : 0.5);
  plan.chains = draw_chains(telling, plan.ask, two ? 2 : 1, people);
  const Shared shared = plan.ask == Ask::open ? static_cast<Shared>(draw_weighted(random, {30, 40, 16, 14}))
                                              : static_cast<Shared>(draw_weighted(random, {10, 18, 34, 22, 16}));
  while (plan.properties.size() < plan.chains.size()) {
    Property one = draw_property(telling, shared, people);
    if (plan.properties.empty() || plan.properties[0].value != one.value) plan.properties.push_back(std::move(one));
  }
  if (plan.ask == Ask::is_kind || plan.ask == Ask::whether) {
    plan.chains[0].holds = random.chance(0.5);
    if (two) plan.chains[1].holds = !plan.chains[0].holds;
  }
  return plan;
}

/// All that a plan's chains tell, each clause one fact.
std::vector<Clause> tell(const Telling& telling, const Plan& plan) {
  std::vector<Clause> clauses;
  for (std::size_t c = 0; c < plan.chains.size(); ++c) {
    const Chain& chain = plan.chains[c];
    clauses.push_back(tell_individual(telling, chain, chain.individual.pronoun != Pronoun::it));
    for (std::size_t i = 0; i + 1 < chain.kinds.size(); ++i) {
      const bool denied = plan.ask == Ask::is_kind && !chain.holds && i + 1 == chain.reach;
      clauses.push_back(
          {{},
           telling.say(kRuleLeads) + say_kinds(telling, denied ? kNo : kEvery, chain.kinds[i], chain.kinds[i + 1])});
      if (denied) break;
    }
    if (plan.ask != Ask::open && plan.ask != Ask::whether) continue;
    clauses.push_back(
        {{},
         telling.say(kRuleLeads) + tell_property(telling, chain, plan.properties[plan.ask == Ask::whether ? 0 : c])});
  }
  if (telling.random.chance(0.6)) telling.random.shuffle(clauses);
  return clauses;
}

Words steps_along(const Plan& plan, std::size_t c) {
  const Chain& chain = plan.chains[c];
  Words steps = {chain.individual.name + " is " + with_article(chain.kinds[0]) + '.'};
  for (std::size_t i = 0; i < chain.reach; ++i) {
    const bool denied = plan.ask == Ask::is_kind && !chain.holds && i + 1 == chain.reach;
    steps.push_back(kind_step(chain.kinds[i], chain.kinds[i + 1], !denied));
  }
  if (plan.ask == Ask::open || plan.ask == Ask::whether) {
    steps.push_back(
        property_step(chain.kinds[chain.reach], plan.properties[plan.ask == Ask::whether ? 0 : c], chain.holds));
  }
  return steps;
}

/// The question about each chain's individual, all in the same words.
Words questions_of(const Telling& telling, const Plan& plan) {
  std::string pattern;
  std::string first, second;
  switch (plan.ask) {
    case Ask::which_kind: {
      const bool swapped = telling.random.chance(0.5);
      first = plan.chains[swapped ? 1 : 0].kinds[plan.chains[swapped ? 1 : 0].reach];
      second = plan.chains[swapped ? 0 : 1].kinds[plan.chains[swapped ? 0 : 1].reach];
      pattern = telling.random.pick(kWhichKind);
      break;
    }
    case Ask::is_kind:
      first = plan.chains[0].kinds[plan.chains[0].reach];
      pattern = telling.random.pick(kIsKind);
      break;
    case Ask::open:
      pattern = telling.say(plan.properties[0].open_question, {{'P', "{P}"}});
      break;
    default:
      pattern = telling.say(plan.properties[0].question, {{'P', "{P}"}});
  }
  Words questions;
  for (const Chain& chain : plan.chains) {
    questions.push_back(fill(pattern, {{'P', chain.individual.name},
                                       {'p', subject_form(chain.individual.pronoun)},
                                       {'x', first.empty() ? "" : with_article(first)},
                                       {'y', second.empty() ? "" : with_article(second)}}));
  }
  return questions;
}

/// The chains told together, and a question about each of them.
std::vector<Story> make_all(Random& random, const Lexicon& words) {
  const Telling telling{random, words, Tense::present};
  const Plan plan = draw_plan(telling);
  std::vector<Clause> clauses = tell(telling, plan);
  if (clauses.size() < 6) add_asides(telling, clauses, {});
  const Words sentences = narrate(telling, clauses);
  const Words questions = questions_of(telling, plan);
  const bool first = asks_first(random);
  std::vector<Story> stories;
  for (std::size_t c = 0; c < plan.chains.size(); ++c) {
    const Chain& chain = plan.chains[c];
    std::string answer = chain.kinds[chain.reach];
    if (plan.ask == Ask::open) answer = plan.properties[c].value;
    if (plan.ask == Ask::is_kind || plan.ask == Ask::whether) answer = chain.holds ? "yes" : "no";
    stories.push_back({sentences, questions[c], steps_along(plan, c), answer, first});
    if (plan.ask == Ask::is_kind) break;
  }
  return stories;
}

Story make(Random& random, const Lexicon& words) { return make_all(random, words).front(); }

/// The question about the other one. A step says where one stands, so the walk goes on from there.
std::optional<StoryTwin> twin(Random random, const Lexicon& words) {
  std::vector<Story> stories = make_all(random, words);
  if (stories.size() < 2 || stories[0].steps.size() != stories[1].steps.size()) return std::nullopt;
  return StoryTwin{std::move(stories[1]), 0};
}

Words patterns() {
  Words all = joined({kIndividual, kWorker, kRuleLeads, kAdjectives, kEvery, kNo, kEveryProperty, kNoProperty,
                      kWhichKind, kIsKind, kColors, kTraits, kSkills});
  for (const Shared shared : {Shared::color, Shared::pleasure, Shared::feature, Shared::skill, Shared::trait}) {
    const Property property = property_of(shared, "{V}");
    for (const std::string& form : {property.one, property.many, property.not_one, property.not_many, property.question,
                                    property.open_question}) {
      all.push_back(form);
    }
  }
  return all;
}

}  // namespace
}  // namespace kinds

const Family kinds_family{"kinds", kinds::make, kinds::patterns, kinds::twin};

}  // namespace noema::stories
