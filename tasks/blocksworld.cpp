#include "tasks/blocksworld.h"

#include "base/error.h"
#include "tasks/answer_text.h"
#include "tasks/blocksworld/blocks.h"

namespace noema {
namespace {

constexpr std::string_view kIntroduction =
    "In the Blocksworld domain, blocks can be stacked on top of each other or placed on the table. Only one block can "
    "be moved at a time, and only clear (unblocked) blocks can be moved. Given the initial configuration and the goal "
    "configuration, what is the minimum number of moves required to reach the goal? ";
constexpr std::string_view kInitialMark = "Initial state: ";
constexpr std::string_view kGoalMark = ". Goal state: ";
constexpr std::string_view kTableName = "the table";
constexpr std::string_view kAnswerMark = "The answer is:";

std::string place_name(int place) {
  return place == kTable ? std::string(kTableName) : std::string(1, static_cast<char>('A' + place));
}

std::string describe(const Towers& towers) {
  std::string text;
  for (std::size_t block = 0; block < towers.size(); ++block) {
    if (block > 0) text += ", ";
    text += place_name(static_cast<int>(block)) + " is on " + place_name(towers[block]);
  }
  return text;
}

// The three tokens of a move.
std::string taken(int block) { return "<<Move " + place_name(block); }
std::string from(int place) { return "from " + place_name(place) + " to"; }
std::string put_on(int place) { return place_name(place) + ">>"; }

std::string describe(const BlockMove& move) {
  return taken(move.block) + ' ' + from(move.from) + ' ' + put_on(move.to);
}

/// Takes `prefix` off the start of the text; false when it starts otherwise.
bool take(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Takes a block's letter off the start of the text.
bool take_block(std::string_view& text, int& block) {
  if (text.empty() || text.front() < 'A' || text.front() > 'Z') return false;
  block = text.front() - 'A';
  text.remove_prefix(1);
  return true;
}

bool take_place(std::string_view& text, int& place) {
  place = kTable;
  return take(text, kTableName) || take_block(text, place);
}

/// Reads "A is on B, B is on the table, …": the blocks in the order of their letters, as `describe` writes them.
std::optional<Towers> parse_towers(std::string_view text) {
  Towers towers;
  while (towers.empty() || take(text, ", ")) {
    int block = 0, below = 0;
    if (!take_block(text, block) || !take(text, " is on ") || !take_place(text, below)) return std::nullopt;
    if (block != static_cast<int>(towers.size())) return std::nullopt;
    towers.push_back(below);
  }
  if (!text.empty() || !is_towers(towers)) return std::nullopt;
  return towers;
}

struct StatePair {
  Towers start, goal;
};

std::optional<StatePair> parse_states(std::string_view question) {
  const auto initial = question.rfind(kInitialMark);
  const auto goal = question.rfind(kGoalMark);
  if (initial == std::string_view::npos || goal == std::string_view::npos || goal < initial) return std::nullopt;
  const auto begin = initial + kInitialMark.size();
  std::string_view last = trimmed(question.substr(goal + kGoalMark.size()));
  if (last.ends_with('.')) last.remove_suffix(1);
  auto first_state = parse_towers(question.substr(begin, goal - begin));
  auto last_state = parse_towers(last);
  if (!first_state || !last_state || first_state->size() != last_state->size()) return std::nullopt;
  return StatePair{std::move(*first_state), std::move(*last_state)};
}

std::optional<BlockMove> parse_move(std::string_view step) {
  step = trimmed(step);
  BlockMove move = {};
  const bool is_move = take(step, "<<Move ") && take_block(step, move.block) && take(step, " from ") &&
                       take_place(step, move.from) && take(step, " to ") && take_place(step, move.to) && step == ">>";
  if (!is_move) return std::nullopt;
  return move;
}

/// The moves that the steps begin with, as far as they can be made one after the other; `state` is then what they led
/// to.
std::vector<BlockMove> make_moves(const std::vector<std::string>& steps, Towers& state) {
  std::vector<BlockMove> moves;
  for (const std::string& step : steps) {
    const auto move = parse_move(step);
    if (!move || !make_move(state, *move)) break;
    moves.push_back(*move);
  }
  return moves;
}

class BlocksworldGenerator final : public Generator {
 public:
  explicit BlocksworldGenerator(int blocks) : blocks_(blocks) {}

  ExampleGroup group(std::uint64_t seed, std::uint64_t index, const Companions&) const override {
    Random random = Random::of(seed, index);
    const Towers start = random_towers(blocks_, random);
    Towers goal = random_towers(blocks_, random);
    while (goal == start) goal = random_towers(blocks_, random);

    const std::vector<BlockMove> plan = optimal_plan(start, goal);
    Example example;
    example.question = std::string(kIntroduction) + std::string(kInitialMark) + describe(start) +
                       std::string(kGoalMark) + describe(goal) + '.';
    for (const BlockMove& move : plan) example.steps.push_back(describe(move));
    example.answer = std::to_string(plan.size());
    example.steps.push_back(std::string(kAnswerMark) + ' ' + example.answer);
    return {std::move(example)};
  }

  bool has_twins() const override { return false; }
  bool has_siblings() const override { return false; }

 private:
  int blocks_;
};

class BlocksworldTask final : public Task {
 public:
  explicit BlocksworldTask(const BlocksworldOptions& options)
      : Task(options.name, std::make_shared<BlocksworldGenerator>(options.blocks)), blocks_(options.blocks) {}

  /// A block and its place are two tokens, " A is on" and " B," or " the table,"; a move is three: " <<Move A", " from
  /// B to", " C>>".
  std::vector<std::string> phrases() const override {
    std::vector<std::string> phrases = {
        ' ' + std::string(kIntroduction) + "Initial state:", " Goal state:", ' ' + std::string(kAnswerMark)};
    for (int place = kTable; place < blocks_; ++place) {
      const std::string name = ' ' + place_name(place);
      phrases.insert(phrases.end(), {name + ',', name + '.', ' ' + from(place), ' ' + put_on(place)});
      if (place != kTable) phrases.insert(phrases.end(), {name + " is on", ' ' + taken(place)});
    }
    return phrases;
  }

  /// The plan, spread over the question. After each block of the initial state stands where it is put first and what
  /// is moved after it, or where it stays; after each of the goal, what is moved once it has come to its place, or
  /// nothing.
  std::vector<Hint> hints(const Example& example) const override {
    const auto problem = parse_states(example.question);
    if (!problem) return {};
    Towers state = problem->start;
    const std::vector<BlockMove> plan = make_moves(example.steps, state);
    if (state != problem->goal) return {};
    const std::size_t blocks = problem->start.size();
    std::vector<Hint> hints(2 * blocks);  // of the initial state, then of the goal
    for (std::size_t block = 0; block < blocks; ++block) hints[block].pieces = {{put_on(problem->start[block]), 1.0}};
    for (std::size_t k = plan.size(); k-- > 0;) {  // backwards, so that a block's first move is what remains
      const auto block = static_cast<std::size_t>(plan[k].block);
      Hint &at_start = hints[block], &at_goal = hints[blocks + block];
      const std::string next = k + 1 < plan.size() ? taken(plan[k + 1].block) : std::string(kAnswerMark);
      at_start.pieces = {{put_on(plan[k].to), 1.0}, {next, 1.0}};
      if (at_goal.pieces.empty()) at_goal.pieces = {{next, 1.0}};
    }
    std::size_t end = example.question.rfind(kInitialMark);
    for (Hint& hint : hints) {
      hint.end = end = std::min(example.question.find_first_of(",.", end), example.question.size() - 1) + 1;
    }
    return hints;
  }

  std::string identity(const Example& example) const override {
    const auto problem = parse_states(example.question);
    return problem ? canonical_pair(problem->start, problem->goal) : on_one_line(example.question);
  }

  std::string answer_mark() const override { return std::string(kAnswerMark); }

  std::vector<Rule> rules() const override {
    return {{"misplaced blocks, twice above a common one", [](const Example& example) -> std::optional<std::string> {
               const auto problem = parse_states(example.question);
               if (!problem) return std::nullopt;
               return std::to_string(misplaced_moves(problem->start, problem->goal));
             }}};
  }

  /// The state at the start: the public set asks about each with many goals.
  std::optional<std::string> unit(const Example& example) const override {
    const auto problem = parse_states(example.question);
    if (!problem) return std::nullopt;
    return describe(problem->start);
  }

  std::optional<bool> is_valid(const Example& example, const std::vector<std::string>& steps) const override {
    const auto problem = parse_states(example.question);
    const auto optimum = number_in(example.answer);
    if (!problem || !optimum) return std::nullopt;
    Towers state = problem->start;
    const std::size_t moves = make_moves(steps, state).size();
    const bool is_whole = moves == steps.size() || answer_in(steps[moves]);
    return is_whole && state == problem->goal && static_cast<double>(moves) == *optimum;
  }

 private:
  int blocks_;
};

}  // namespace

std::unique_ptr<Task> make_blocksworld_task(const BlocksworldOptions& options) {
  if (options.blocks < 2 || options.blocks > 10) {
    throw Error({"task " + options.name, "2 to 10 blocks", std::to_string(options.blocks), "choose another number"});
  }
  return std::make_unique<BlocksworldTask>(options);
}

}  // namespace noema
