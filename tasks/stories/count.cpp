// How many does one have? People buy, find, lose, give and share; all numbers are whole and from 0 to 20.

#include <algorithm>

#include "tasks/stories/story.h"

namespace noema::stories {
namespace count {
namespace {

const Words kStart = {"{P} had {N}.", "{P} started with {N}.", "At first {P} had {N}.", "In the morning {P} had {N}."};
const Words kGain = {
    "{P} bought {N}.",           "{P} found {N}.", "{P} won {N}.", "Then {P} got {N}.", "{P} got {N} from a friend.",
    "After that {P} bought {N}."};
const Words kLoss = {"{P} lost {N}.", "{P} gave away {N}.", "{P} sold {N}.", "{P} threw away {N}.",
                     "Then {P} lost {N}."};
const Words kEat = {"{P} ate {N}.", "Then {P} ate {N}."};
const Words kGive = {"{P} gave {N} to {Q}.", "{P} gave {Q} {N}.", "{P} handed {N} to {Q}.", "{Q} got {N} from {P}.",
                     "{Q} took {N} from {P}."};
const Words kHalf = {"{P} gave half of the {X} to {Q}.", "{P} shared the {X} equally with {Q}."};
const Words kQuestion = {"How many {X} does {P} have?", "How many {X} does {P} have now?",
                         "How many {X} does {P} have in the end?", "How many {X} has {P} got now?"};
const Words kTotalQuestion = {"How many {X} do they have together?", "How many {X} do they have in all?",
                              "How many {X} are there in all?"};

constexpr int kLargest = 20;
constexpr int kUntold = -1;

/// Amounts as one story writes them: all in figures or all in words.
class Amounts {
 public:
  explicit Amounts(Random& random) : in_words_(random.chance(0.15)) {}

  std::string of(int count, const std::string& noun) const {
    static const Words words = {"no",    "one",   "two",  "three", "four",   "five",  "six",
                                "seven", "eight", "nine", "ten",   "eleven", "twelve"};
    const bool spell = count == 0 || (in_words_ && static_cast<std::size_t>(count) < words.size());
    const std::string number = spell ? words[static_cast<std::size_t>(count)] : std::to_string(count);
    return number + ' ' + (count == 1 ? noun : plural(noun));
  }

 private:
  bool in_words_;
};

/// What is known of one person's things of one kind.
struct Stock {
  int count = kUntold;
  bool touched = false;  ///< spoken of: too late to say with how many it began
  Words trace;
};

/// Random gains, losses and gifts of two kinds of things among a few people.
class Market {
 public:
  /// The asked person begins with `more` things more than drawn.
  Market(Random& random, int more)
      : random_(random),
        amounts_(random),
        names_(draw_people(random, 2 + random.below(2))),
        stocks_(names_.size() * 2),
        more_(more) {
    edible_ = random.chance(0.5);
    items_ = draw(random, edible_ ? foods() : collectibles(), 2);
  }

  bool happen() {
    const std::size_t who = random_.chance(0.6) ? 0 : random_.below(names_.size());
    const std::size_t what = random_.chance(0.8) ? 0 : 1;
    switch (draw_weighted(random_, {30, 22, 20, 18, 6})) {
      case 0:
        return start(who, what);
      case 1:
        return gain(who, what);
      case 2:
        return lose(who, what);
      case 3:
        return give(who, random_.below(names_.size()), what);
      default:
        return halve(who, random_.below(names_.size()), what);
    }
  }

  const Words& told() const { return told_; }
  const Words& names() const { return names_; }
  const Words& trace() const { return stocks_[0].trace; }
  int asked_count() const { return stocks_[0].count; }
  std::string question() const { return fill(random_.pick(kQuestion), {{'X', plural(items_[0])}, {'P', names_[0]}}); }

 private:
  Stock& stock(std::size_t who, std::size_t what) { return stocks_[who * 2 + what]; }

  void tell(const Words& patterns, std::size_t who, std::size_t what, int count, std::size_t whom = 0) {
    told_.push_back(fill(random_.pick(patterns), {{'P', names_[who]},
                                                  {'Q', names_[whom]},
                                                  {'X', plural(items_[what])},
                                                  {'N', amounts_.of(count, items_[what])}}));
  }

  bool start(std::size_t who, std::size_t what) {
    Stock& mine = stock(who, what);
    if (mine.touched) return false;
    const int drawn = random_.chance(0.05) ? 0 : random_.between(1, 12);
    mine.count = std::max(0, drawn + (&mine == &stocks_[0] ? more_ : 0));
    mine.touched = true;
    tell(kStart, who, what, mine.count);
    mine.trace.push_back(names_[who] + " starts with " + std::to_string(mine.count) + ' ' +
                         (mine.count == 1 ? items_[what] : plural(items_[what])) + '.');
    return true;
  }

  static bool fits(const Stock& stock, int change) {
    return stock.count == kUntold || (stock.count + change >= 0 && stock.count + change <= kLargest);
  }

  void change(std::size_t who, std::size_t what, int change) {
    Stock& mine = stock(who, what);
    mine.touched = true;
    if (mine.count == kUntold) return;
    const std::string before = std::to_string(mine.count);
    const std::string amount = std::to_string(std::abs(change));
    mine.count += change;
    mine.trace.push_back(names_[who] + " has " + amount + (change > 0 ? " more, so " : " fewer, so ") + before +
                         (change > 0 ? " + " : " - ") + amount + " = " + std::to_string(mine.count) + '.');
  }

  bool gain(std::size_t who, std::size_t what) {
    const int count = random_.between(1, 9);
    if (!fits(stock(who, what), count)) return false;
    tell(kGain, who, what, count);
    change(who, what, count);
    return true;
  }

  bool lose(std::size_t who, std::size_t what) {
    const int count = random_.between(1, 9);
    if (!fits(stock(who, what), -count)) return false;
    tell(edible_ && random_.chance(0.4) ? kEat : kLoss, who, what, count);
    change(who, what, -count);
    return true;
  }

  bool give(std::size_t who, std::size_t whom, std::size_t what) {
    const int count = random_.between(1, 9);
    if (who == whom || !fits(stock(who, what), -count) || !fits(stock(whom, what), count)) return false;
    tell(kGive, who, what, count, whom);
    change(who, what, -count);
    change(whom, what, count);
    return true;
  }

  /// The receiver's count must be unknown, so that halving stays one operation on one number.
  bool halve(std::size_t who, std::size_t whom, std::size_t what) {
    Stock& mine = stock(who, what);
    Stock& theirs = stock(whom, what);
    if (who == whom || theirs.count != kUntold || mine.count < 2 || mine.count % 2 != 0) return false;
    tell(kHalf, who, what, 0, whom);
    const std::string before = std::to_string(mine.count);
    mine.count /= 2;
    mine.trace.push_back(names_[who] + " keeps half, so " + before + " / 2 = " + std::to_string(mine.count) + '.');
    theirs.touched = true;
    return true;
  }

  Random& random_;
  Amounts amounts_;
  Words names_;
  Words items_;
  bool edible_ = false;
  std::vector<Stock> stocks_;
  int more_;
  Words told_;
};

/// "Tom has 3 more": each change is told apart from the others by its beginning, so that a step says how far the
/// story has been read.
bool tells_changes_apart(const Words& trace) {
  Words beginnings;
  for (const std::string& step : trace) beginnings.push_back(step.substr(0, step.find(',')));
  std::sort(beginnings.begin(), beginnings.end());
  return std::adjacent_find(beginnings.begin(), beginnings.end()) == beginnings.end();
}

Story make_changes(Random& random, int more) {
  const std::size_t hops = 2 + draw_weighted(random, {34, 36, 22, 8});  // steps before the answer
  const std::size_t length = hops + 1 + random.below(3);                // sentences
  while (true) {
    Market market(random, more);
    while (market.told().size() < length) market.happen();
    if (market.trace().size() != hops || !tells_changes_apart(market.trace())) continue;
    Story story{market.told(), market.question(), market.trace(), std::to_string(market.asked_count())};
    add_fillers(random, story.sentences, market.names());
    return story;
  }
}

/// Several people have some of one thing, and some of another: how many in all?
Story make_total(Random& random) {
  const Amounts amounts(random);
  const std::size_t count = 2 + draw_weighted(random, {40, 40, 20});
  const Words names = draw_people(random, count);
  const Words items = draw(random, random.chance(0.5) ? foods() : collectibles(), 2);
  Story story;
  int total = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const int left = kLargest - total - static_cast<int>(count - i - 1);
    const int here = random.between(1, std::min(9, left));
    story.sentences.push_back(fill(random.pick(kStart), {{'P', names[i]}, {'N', amounts.of(here, items[0])}}));
    const std::string number = std::to_string(here);
    story.steps.push_back(i == 0 ? names[i] + " has " + number + ' ' + (here == 1 ? items[0] : plural(items[0])) + '.'
                                 : names[i] + " adds " + number + ", so " + std::to_string(total) + " + " + number +
                                       " = " + std::to_string(total + here) + '.');
    total += here;
  }
  const Words others = draw_people(random, 3);
  for (std::size_t extra = random.below(3); extra > 0; --extra) {
    const std::string& who = random.chance(0.7) ? random.pick(names) : others[extra];
    const auto at = static_cast<std::ptrdiff_t>(random.below(story.sentences.size() + 1));
    story.sentences.insert(story.sentences.begin() + at,
                           fill(random.pick(kGain), {{'P', who}, {'N', amounts.of(random.between(1, 9), items[1])}}));
  }
  story.question = fill(random.pick(kTotalQuestion), {{'X', plural(items[0])}});
  story.answer = std::to_string(total);
  add_fillers(random, story.sentences, names);
  return story;
}

bool is_total(Random& random) { return random.chance(0.2); }

Story make(Random& random) { return is_total(random) ? make_total(random) : make_changes(random, 0); }

/// Whether the stories tell the same but for one sentence, in as many steps that all differ.
bool differ_in_one_fact(const Story& a, const Story& b) {
  const auto same = [](const Words& x, const Words& y) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < x.size(); ++i) count += x[i] == y[i];
    return count;
  };
  return a.sentences.size() == b.sentences.size() && a.steps.size() == b.steps.size() && a.question == b.question &&
         same(a.sentences, b.sentences) + 1 == a.sentences.size() && same(a.steps, b.steps) == 0;
}

/// The same changes of another number. Each step tells the number that it starts from, so the twins can be joined at
/// any of them.
std::optional<StoryTwin> twin(Random random) {
  if (is_total(random)) return std::nullopt;
  Random drawn = random, same = random;
  const Story story = make_changes(same, 0);
  std::vector<int> changes = {-4, -3, -2, -1, 1, 2, 3, 4};
  drawn.shuffle(changes);
  for (const int more : changes) {
    same = random;
    Story other = make_changes(same, more);
    if (differ_in_one_fact(story, other)) return StoryTwin{std::move(other), 0};
  }
  return std::nullopt;
}

Words patterns() { return joined({kStart, kGain, kLoss, kEat, kGive, kHalf, kQuestion, kTotalQuestion}); }

}  // namespace
}  // namespace count

const Family count_family{"count", count::make, count::patterns, count::twin};

}  // namespace noema::stories
