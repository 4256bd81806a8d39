#include "tasks/blocksworld/blocks.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

namespace noema {
namespace {

/// For each block the block on it, or kTable when it is clear.
std::vector<int> blocks_above(const Towers& towers) {
  std::vector<int> above(towers.size(), kTable);
  for (std::size_t block = 0; block < towers.size(); ++block) {
    if (towers[block] != kTable) above[static_cast<std::size_t>(towers[block])] = static_cast<int>(block);
  }
  return above;
}

/// Depth-first search under a growing limit on the number of moves (IDA*). Some shortest plan has only moves that
/// settle a block where it stays, and moves to the table; and to settle a block as soon as that can be done wastes
/// nothing (Gupta and Nau, "On the complexity of blocks-world planning", 1992). So it branches over moves to the table
/// alone.
class Planner {
 public:
  Planner(const Towers& start, const Towers& goal) : goal_(goal), goal_under_(goal.size()), now_(start) {
    for (std::size_t block = 0; block < goal.size(); ++block) {
      for (int below = goal[block]; below != kTable; below = goal[at(below)]) goal_under_[block] |= bit(below);
    }
  }

  std::vector<BlockMove> plan() {
    for (int moves = least_moves(look()); !search(moves); ++moves) {
    }
    return plan_;
  }

 private:
  static std::size_t at(int block) { return static_cast<std::size_t>(block); }
  static std::uint32_t bit(int block) { return std::uint32_t{1} << block; }
  int count() const { return static_cast<int>(now_.size()); }

  struct Look {
    std::vector<int> above;            ///< each block's, or kTable when it is clear
    std::vector<std::uint32_t> under;  ///< bits of the blocks below each block now
    std::uint32_t misplaced = 0;       ///< bits of the blocks that do not stand, with all below them, as in the goal
  };

  Look look() const {
    Look look{blocks_above(now_), std::vector<std::uint32_t>(now_.size())};
    for (int base = 0; base < count(); ++base) {
      if (now_[at(base)] != kTable) continue;
      bool in_place = true;
      for (int block = base; block != kTable; block = look.above[at(block)]) {
        const int below = now_[at(block)];
        if (below != kTable) look.under[at(block)] = look.under[at(below)] | bit(below);
        in_place = in_place && below == goal_[at(block)];
        if (!in_place) look.misplaced |= bit(block);
      }
    }
    return look;
  }

  /// A lower bound on the moves to go. Every misplaced block moves once. It moves twice when it stands, now and in the
  /// goal, above the same block that has to move: off before that block's last move, and on after it.
  int least_moves(const Look& look) const {
    int moves = 0;
    for (int block = 0; block < count(); ++block) {
      if ((look.misplaced & bit(block)) == 0) continue;
      moves += (look.under[at(block)] & goal_under_[at(block)] & look.misplaced) != 0 ? 2 : 1;
    }
    return moves;
  }

  static bool settles(int block, const Towers& goal, const Look& look) {
    const int to = goal[at(block)];
    return to == kTable || (look.above[at(to)] == kTable && (look.misplaced & bit(to)) == 0);
  }

  /// Whether exactly `moves` more moves reach the goal; plan_ then holds them.
  bool search(int moves) {
    const Look seen = look();
    const int least = least_moves(seen);
    if (least == 0) return moves == 0;
    if (least > moves) return false;
    std::vector<int> movable;  // misplaced and clear
    for (int block = 0; block < count(); ++block) {
      if ((seen.misplaced & bit(block)) != 0 && seen.above[at(block)] == kTable) movable.push_back(block);
    }
    for (const int block : movable) {
      if (settles(block, goal_, seen)) return moved(block, goal_[at(block)], moves);
    }
    return std::any_of(movable.begin(), movable.end(),
                       [&](int block) { return now_[at(block)] != kTable && moved(block, kTable, moves); });
  }

  /// Whether the goal is reached with this move first; otherwise it is taken back.
  bool moved(int block, int to, int moves) {
    const int from = std::exchange(now_[at(block)], to);
    plan_.push_back({block, from, to});
    if (search(moves - 1)) return true;
    plan_.pop_back();
    now_[at(block)] = from;
    return false;
  }

  const Towers& goal_;
  std::vector<std::uint32_t> goal_under_;  ///< bits of the blocks below each block in the goal
  Towers now_;
  std::vector<BlockMove> plan_;
};

}  // namespace

bool is_towers(const Towers& towers) {
  const int count = static_cast<int>(towers.size());
  std::vector<bool> covered(towers.size());
  std::vector<int> above(towers.size(), kTable);
  for (int block = 0; block < count; ++block) {
    const int below = towers[static_cast<std::size_t>(block)];
    if (below == kTable) continue;
    if (below < 0 || below >= count || covered[static_cast<std::size_t>(below)]) return false;
    covered[static_cast<std::size_t>(below)] = true;
    above[static_cast<std::size_t>(below)] = block;
  }
  // Blocks in a circle are the ones that no walk up from the table meets.
  int met = 0;
  for (int base = 0; base < count; ++base) {
    if (towers[static_cast<std::size_t>(base)] != kTable) continue;
    for (int block = base; block != kTable; block = above[static_cast<std::size_t>(block)]) ++met;
  }
  return met == count;
}

Towers random_towers(int blocks, Random& random) {
  // n blocks make C(n-1, k-1) n! / k! states of k towers. Given k, cutting a random row of the blocks at k-1 of the
  // n-1 gaps makes each of them equally often.
  std::vector<double> states;
  double weight = 1;
  for (int towers = 1; towers <= blocks; ++towers) {
    states.push_back(weight);
    weight *= static_cast<double>(blocks - towers) / towers / (towers + 1);
  }
  double left = random.uniform() * std::accumulate(states.begin(), states.end(), 0.0);
  int cuts = 0;
  while (cuts + 1 < blocks && left >= states[static_cast<std::size_t>(cuts)]) {
    left -= states[static_cast<std::size_t>(cuts++)];
  }

  std::vector<int> row(static_cast<std::size_t>(blocks));
  std::iota(row.begin(), row.end(), 0);
  random.shuffle(row);
  std::vector<bool> is_cut(row.size() - 1);
  std::fill_n(is_cut.begin(), cuts, true);
  for (std::size_t i = is_cut.size(); i > 1; --i) {
    const std::size_t other = random.below(i);
    const bool kept = is_cut[i - 1];
    is_cut[i - 1] = is_cut[other];
    is_cut[other] = kept;
  }
  Towers towers(row.size(), kTable);
  for (std::size_t i = 1; i < row.size(); ++i) {
    if (!is_cut[i - 1]) towers[static_cast<std::size_t>(row[i])] = row[i - 1];
  }
  return towers;
}

bool make_move(Towers& towers, const BlockMove& move) {
  const int count = static_cast<int>(towers.size());
  if (move.block < 0 || move.block >= count || move.to < kTable || move.to >= count) return false;
  int& below = towers[static_cast<std::size_t>(move.block)];
  if (below != move.from || move.to == move.from || move.to == move.block) return false;
  const bool is_free = std::none_of(towers.begin(), towers.end(), [&](int covered) {
    return covered == move.block || (move.to != kTable && covered == move.to);
  });
  if (is_free) below = move.to;
  return is_free;
}

std::vector<BlockMove> optimal_plan(const Towers& start, const Towers& goal) { return Planner(start, goal).plan(); }

int misplaced_moves(const Towers& start, const Towers& goal) {
  const auto below = [](const Towers& towers, std::size_t block) {
    std::vector<int> all;
    for (int next = towers[block]; next != kTable; next = towers[static_cast<std::size_t>(next)]) all.push_back(next);
    return all;
  };
  int moves = 0;
  for (std::size_t block = 0; block < start.size(); ++block) {
    const std::vector<int> now = below(start, block), then = below(goal, block);
    if (now == then) continue;
    moves += std::find_first_of(now.begin(), now.end(), then.begin(), then.end()) == now.end() ? 1 : 2;
  }
  return moves;
}

std::string canonical_pair(const Towers& start, const Towers& goal) {
  // Blocks hang together by "on" in the start or the goal. From any one block of such a group a walk in fixed order
  // numbers the others; the least description over all first blocks is the group's, and the groups are sorted.
  const std::vector<int> neighbours[] = {start, blocks_above(start), goal, blocks_above(goal)};
  const auto describe = [&](int first, std::vector<int>& walked) {
    std::vector<int> number(start.size(), kTable);
    walked = {first};
    number[static_cast<std::size_t>(first)] = 0;
    std::string text;
    for (std::size_t i = 0; i < walked.size(); ++i) {
      for (const std::vector<int>& neighbour : neighbours) {
        const int other = neighbour[static_cast<std::size_t>(walked[i])];
        if (other == kTable) {
          text += "-,";
          continue;
        }
        int& known = number[static_cast<std::size_t>(other)];
        if (known == kTable) {
          known = static_cast<int>(walked.size());
          walked.push_back(other);
        }
        text += std::to_string(known) + ',';
      }
    }
    return text;
  };

  std::vector<std::string> groups;
  std::vector<bool> done(start.size());
  for (std::size_t first = 0; first < start.size(); ++first) {
    if (done[first]) continue;
    std::vector<int> group, walked;
    std::string least = describe(static_cast<int>(first), group);
    for (const int block : group) {
      done[static_cast<std::size_t>(block)] = true;
      least = std::min(least, describe(block, walked));
    }
    groups.push_back(std::move(least));
  }
  std::sort(groups.begin(), groups.end());
  std::string text;
  for (const std::string& group : groups) text += group + ';';
  return text;
}

}  // namespace noema
