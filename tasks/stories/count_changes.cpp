#include <algorithm>
#include <cstdlib>

#include "tasks/stories/amounts.h"
#include "tasks/stories/count.h"

namespace noema::stories::count {
namespace {

/// {N} is an amount, {X} the things, {Q} somebody else.
const Words kStart = {"<has/had> {N}",
                      "<has/had> {N} (at first|at home|in a bag|in a box|in a basket|with {o})",
                      "<has/had> (exactly|only|a total of) {N}",
                      "<starts/started>[ out] with {N}",
                      "~(at first|in the beginning|at the start|to begin with,) {P} <has/had> {N}",
                      "<holds/held> {N}",
                      "<keeps/kept> {N} (at home|in a box|in a drawer)",
                      "<brings/brought> {N}[ to school| to the party]",
                      "<carries/carried> {N}[ in a bag]",
                      "<counts/counted> {N}",
                      "~there <are/were> {N} in {P}'s (bag|box|basket|room|house)"};
const Words kGain = {"<buys/bought> {N}",
                     "<buys/bought> {N} at the (store|market|shop)",
                     "<finds/found> {N}[ on the way home| in a drawer| in the park]",
                     "<gets/got> {N}[ from a friend| from a neighbor| as a present| for free| in the mail]",
                     "<receives/received> {N}[ from a friend| as a gift]",
                     "<is/was> given {N}",
                     "<wins/won> {N}[ in a game| at the fair]",
                     "<picks/picked> up {N}",
                     "<takes/took> {N}[ from a box| from a shelf]",
                     "<adds/added> {N}"};
const Words kLoss = {"<loses/lost> {N}[ on the way| at school| in the park]",
                     "<gives/gave> away {N}",
                     "<gives/gave> {N} away",
                     "<gives/gave> {N} to (a friend|a neighbor|a child|some kids)",
                     "<sells/sold> {N}[ at the market| to a neighbor]",
                     "<throws/threw> away {N}",
                     "<throws/threw> {N} away",
                     "<hands/handed> out {N}",
                     "<trades/traded> away {N}",
                     "<donates/donated> {N}",
                     "<uses/used> {N}"};
const Words kFoodGain = {"<brings/brought> home {N}", "<takes/took> {N} from the kitchen",
                         "<gets/got> {N} (for lunch|at a party)"};
const Words kFoodLoss = {"<eats/ate> {N}",    "<eats/ate> {N}",
                         "<eats/ate> {N}",    "<eats/ate> {N} (for lunch|for breakfast|at noon|for dinner|at school)",
                         "<eats/ate> up {N}", "<feeds/fed> {N} to the (dog|horse|birds|pigs)",
                         "<cooks/cooked> {N}"};
const Words kGoodsGain = {"<collects/collected> {N}", "<brings/brought> home {N}", "<orders/ordered> {N}"};
const Words kGoodsLoss = {"<lends/lent> {N} to (a friend|a neighbor)", "<gives/gave> back {N}"};
const Words kBreakLoss = {"<breaks/broke> {N}", "<breaks/broke> {N}", "<breaks/broke> {N}",
                          "<drops/dropped> and <breaks/broke> {N}"};
const Words kMoneyGain = {"<earns/earned> {N}", "<earns/earned> {N} for (mowing the lawn|washing the car|some work)",
                          "<saves/saved> {N}",  "<gets/got> {N} (for a birthday|from a grandparent|for helping)",
                          "<is/was> paid {N}",  "<finds/found> {N}[ in the street| in a pocket]",
                          "<wins/won> {N}"};
const Words kMoneyLoss = {"<spends/spent> {N}",
                          "<spends/spent> {N}",
                          "<spends/spent> {N} on (a book|lunch|a toy|a ticket|a present|candy|a snack)",
                          "<loses/lost> {N}",
                          "<pays/paid> {N}[ for a (book|ticket|drink|hat)]",
                          "<donates/donated> {N}",
                          "<gives/gave> {N} to (charity|a friend|a child)",
                          "<lends/lent> {N} to (a friend|a neighbor)"};
const Words kGive = {"<gives/gave> {N} to {Q}",   "<gives/gave> {Q} {N}",    "<gives/gave> {Q} {N}",
                     "<hands/handed> {N} to {Q}", "<hands/handed> {Q} {N}",  "<passes/passed> {N} to {Q}",
                     "<lends/lent> {Q} {N}",      "<lends/lent> {N} to {Q}", "<sells/sold> {N} to {Q}",
                     "<sends/sent> {N} to {Q}"};
/// Told of the receiver.
const Words kGet = {"<gets/got> {N} from {Q}",    "<takes/took> {N} from {Q}",        "<borrows/borrowed> {N} from {Q}",
                    "<buys/bought> {N} from {Q}", "<receives/received> {N} from {Q}", "<is/was> given {N} by {Q}"};
const Words kHalf = {"<gives/gave> half of the {X} to {Q}", "<shares/shared> the {X} equally with {Q}",
                     "<gives/gave> {Q} half of the {X}", "<gives/gave> away half of the {X}",
                     "<loses/lost> half of the {X}"};
const Words kQuestion = {"how many {X} does {P} have?",
                         "how many {X} does {P} have now?",
                         "how many {X} does {P} have (in|at) the end?",
                         "how many {X} has {P} got[ now]?",
                         "now how many {X} does {P} have?",
                         "so how many {X} does {P} have?",
                         "{P} now has how many {X}?",
                         "how many {X} did {P} (end up with|have in the end)?",
                         "what is the number of {X} {P} has now?",
                         "(can you tell me|do you know) how many {X} {P} has[ now]?"};
const Words kLeftQuestion = {"how many {X} does {P} have left?", "how many {X} does {P} still have?",
                             "how many {X} did {P} have left?", "how many {X} does {P} have left now?"};
/// Where only one person has any.
const Words kRemainQuestion = {"how many {X} are left?", "how many are left?", "how many {X} remain?",
                               "how many {X} are left now?"};

const Words kMoney = {"dollar", "coin", "cent", "penny", "pound", "dime"};

const Trade kTrades[] = {{"foods", &kFoodGain, &kFoodLoss},
                         {"goods", &kGoodsGain, &kGoodsLoss},
                         {"breakables", &kGoodsGain, &kBreakLoss},
                         {nullptr, &kMoneyGain, &kMoneyLoss}};

/// What is known of one person's things of one kind.
struct Stock {
  std::optional<int> count;
  bool touched = false;  ///< spoken of: too late to say with how many it began
  Words trace;
};

/// Random gains, losses and gifts of one or two kinds of things among a few people.
class Market {
 public:
  Market(const Telling& telling, int more)
      : telling_(telling),
        random_(telling.random),
        amounts_(random_),
        people_(draw_people(random_, telling.words, 1 + draw_weighted(random_, {45, 38, 17}))),
        trade_(kTrades[draw_weighted(random_, {38, 34, 10, 18})]),
        kinds_(random_.chance(0.7) ? 1 : 2),
        stocks_(people_.size() * 2),
        more_(more) {
    items_ = draw(random_, trade_.items ? telling.words[trade_.items] : kMoney, 2);
  }

  bool happen() {
    const std::size_t who = random_.chance(0.65) ? 0 : random_.below(people_.size());
    const std::size_t what = kinds_ == 2 && random_.chance(0.3) ? 1 : 0;
    switch (draw_weighted(random_, {30, 22, 26, 16, 4})) {
      case 0:
        return start(who, what);
      case 1:
        return gain(who, what);
      case 2:
        return lose(who, what);
      case 3:
        return give(who, random_.below(people_.size()), what);
      default:
        return halve(who, random_.below(people_.size()), what);
    }
  }

  const std::vector<Clause>& told() const { return told_; }
  const std::vector<Actor>& people() const { return people_; }
  const Words& trace() const { return stocks_[0].trace; }
  int asked_count() const { return *stocks_[0].count; }

  std::string question(bool& asks_first) const {
    const bool alone = people_.size() == 1 && random_.chance(0.3);
    const std::string who(alone ? subject_form(people_[0].pronoun) : people_[0].name);
    asks_first = !alone && stories::asks_first(random_);
    const bool left = last_was_loss_ && random_.chance(0.6);
    const bool remain = left && people_.size() == 1 && kinds_ == 1 && !asks_first && random_.chance(0.4);
    return capitalized(telling_.say(remain ? kRemainQuestion
                                    : left ? kLeftQuestion
                                           : kQuestion,
                                    {{'X', plural(items_[0])}, {'P', who}}));
  }

 private:
  Stock& stock(std::size_t who, std::size_t what) { return stocks_[who * 2 + what]; }

  std::string amount(std::size_t what, int count, bool more, bool& refers_back) {
    refers_back = last_item_ == what && random_.chance(0.5);
    last_item_ = what;
    return refers_back ? amounts_.again(count, items_[what], more) : amounts_.of(count, items_[what]);
  }

  void tell(const Words& patterns, std::size_t who, std::size_t what, int count, bool more, bool is_event = true) {
    Clause clause{people_[who], "", {}, is_event};
    const std::string told =
        is_event ? amount(what, count, more, clause.refers_back) : amounts_.of(count, items_[what]);
    last_item_ = what;
    clause.predicate = telling_.say(patterns, {{'P', people_[who].name},
                                               {'o', people_[who].pronoun == Pronoun::she ? "her" : "him"},
                                               {'X', plural(items_[what])},
                                               {'N', told}});
    if (clause.predicate.starts_with('~')) clause = {{}, clause.predicate.substr(1), {people_[who]}};
    told_.push_back(std::move(clause));
  }

  bool start(std::size_t who, std::size_t what) {
    Stock& mine = stock(who, what);
    if (mine.touched) return false;
    const int drawn = random_.chance(0.03)  ? 0
                      : random_.chance(0.8) ? random_.between(1, 12)
                                            : random_.between(8, kLargest);
    begin(who, what, drawn);
    tell(kStart, who, what, *mine.count, false, false);
    return true;
  }

  void begin(std::size_t who, std::size_t what, int drawn) {
    Stock& mine = stock(who, what);
    mine.count = std::clamp(drawn + (&mine == &stocks_[0] ? more_ : 0), 0, kLargest);
    mine.touched = true;
    mine.trace.push_back(people_[who].name + " has " + counted(*mine.count, items_[what]) + '.');
  }

  static bool fits(const Stock& stock, int change) {
    return !stock.count || (*stock.count + change >= 0 && *stock.count + change <= kLargest);
  }

  void change(std::size_t who, std::size_t what, int change) {
    Stock& mine = stock(who, what);
    mine.touched = true;
    if (who == 0 && what == 0) last_was_loss_ = change < 0;
    if (!mine.count) return;
    const int before = *mine.count, amount = std::abs(change);
    *mine.count += change;
    mine.trace.push_back(people_[who].name + " has " + std::to_string(amount) + (change > 0 ? " more" : " fewer") +
                         sum(before, change > 0 ? '+' : '-', amount, *mine.count));
  }

  const Words& patterns(const Words& common, const Words& special) const {
    const bool money = !trade_.items;
    return money || random_.chance(0.5) ? special : common;
  }

  /// Of a thing that was not spoken of, it is what one begins with.
  bool gain(std::size_t who, std::size_t what) {
    const bool first = !stock(who, what).touched;
    const int count = random_.between(1, 9);
    if (!fits(stock(who, what), count)) return false;
    if (first) {
      begin(who, what, count);
      tell(patterns(kGain, *trade_.gain), who, what, *stock(who, what).count, false, false);
      return true;
    }
    tell(patterns(kGain, *trade_.gain), who, what, count, true);
    change(who, what, count);
    return true;
  }

  bool lose(std::size_t who, std::size_t what) {
    const int count = random_.between(1, 9);
    if (!stock(who, what).touched || !fits(stock(who, what), -count)) return false;
    tell(patterns(kLoss, *trade_.loss), who, what, count, false);
    change(who, what, -count);
    return true;
  }

  bool give(std::size_t who, std::size_t whom, std::size_t what) {
    const int count = random_.between(1, 9);
    if (who == whom || !fits(stock(who, what), -count) || !fits(stock(whom, what), count)) return false;
    const bool taken = random_.chance(0.35);
    const std::size_t subject = taken ? whom : who, other = taken ? who : whom;
    Clause clause{people_[subject], "", {people_[other]}, true};
    const std::string told = amount(what, count, false, clause.refers_back);
    clause.predicate = telling_.say(taken ? kGet : kGive, {{'Q', people_[other].name}, {'N', told}});
    told_.push_back(std::move(clause));
    change(who, what, -count);
    change(whom, what, count);
    return true;
  }

  /// The receiver's count must be unknown, so that halving stays one operation on one number.
  bool halve(std::size_t who, std::size_t whom, std::size_t what) {
    Stock& mine = stock(who, what);
    Stock& theirs = stock(whom, what);
    if (who == whom || theirs.count || !mine.count || *mine.count < 2 || *mine.count % 2 != 0) return false;
    told_.push_back({people_[who],
                     telling_.say(kHalf, {{'X', plural(items_[what])}, {'Q', people_[whom].name}}),
                     {people_[whom]},
                     true});
    last_item_ = what;
    const int before = *mine.count;
    *mine.count /= 2;
    mine.trace.push_back(people_[who].name + " keeps half" + sum(before, '/', 2, *mine.count));
    if (who == 0 && what == 0) last_was_loss_ = true;
    theirs.touched = true;
    return true;
  }

  const Telling& telling_;
  Random& random_;
  Amounts amounts_;
  std::vector<Actor> people_;
  const Trade& trade_;
  std::size_t kinds_;
  Words items_;
  std::vector<Stock> stocks_;
  int more_;
  std::vector<Clause> told_;
  std::optional<std::size_t> last_item_;  ///< which "2 of them" would mean
  bool last_was_loss_ = false;            ///< the last change of what is asked for
};

/// "Tom has 3 more": each change is told apart from the others by its beginning, so that a step says how far the
/// story has been read.
bool tells_changes_apart(const Words& trace) {
  Words beginnings;
  for (const std::string& step : trace) beginnings.push_back(step.substr(0, step.find(',')));
  std::sort(beginnings.begin(), beginnings.end());
  return std::adjacent_find(beginnings.begin(), beginnings.end()) == beginnings.end();
}

}  // namespace

Story make_changes(Random& random, const Lexicon& words, int more) {
  const Telling telling{random, words, random.chance(0.4) ? Tense::present : Tense::past};
  const std::size_t hops = 2 + draw_weighted(random, {40, 32, 19, 9});        // steps before the answer
  const std::size_t length = hops + draw_weighted(random, {44, 28, 18, 10});  // clauses
  while (true) {
    Market market(telling, more);
    for (int event = 0; market.told().size() < length && event < 200; ++event) market.happen();
    if (market.trace().size() != hops || !tells_changes_apart(market.trace())) continue;
    Story story;
    std::vector<Clause> clauses = market.told();
    open_story(telling, clauses);
    add_asides(telling, clauses, market.people());
    story.sentences = narrate(telling, clauses);
    story.question = market.question(story.asks_first);
    story.steps = market.trace();
    story.answer = std::to_string(market.asked_count());
    return story;
  }
}

Words change_patterns() {
  return joined({kStart,
                 kGain,
                 kLoss,
                 kFoodGain,
                 kFoodLoss,
                 kGoodsGain,
                 kGoodsLoss,
                 kBreakLoss,
                 kMoneyGain,
                 kMoneyLoss,
                 kGive,
                 kGet,
                 kHalf,
                 kQuestion,
                 kLeftQuestion,
                 kRemainQuestion,
                 {"more of them of the there", "no zero one"}});
}

}  // namespace noema::stories::count
