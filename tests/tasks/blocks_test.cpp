#include "tasks/blocksworld/blocks.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <numeric>
#include <optional>
#include <set>

namespace noema {
namespace {

/// All moves that are legal in a state, in the order in which a plan prefers them.
std::vector<BlockMove> legal_moves(const Towers& towers) {
  std::vector<BlockMove> moves;
  const int count = static_cast<int>(towers.size());
  for (int block = 0; block < count; ++block) {
    for (int to = kTable; to < count; ++to) {
      Towers after = towers;
      const BlockMove move{block, towers[static_cast<std::size_t>(block)], to};
      if (make_move(after, move)) moves.push_back(move);
    }
  }
  return moves;
}

/// The distances of all states to a goal, by breadth-first search.
std::map<Towers, int> distances_to(const Towers& goal) {
  std::map<Towers, int> distances = {{goal, 0}};
  for (std::deque<Towers> queue = {goal}; !queue.empty(); queue.pop_front()) {
    for (const BlockMove& move : legal_moves(queue.front())) {
      Towers next = queue.front();
      make_move(next, move);
      if (distances.emplace(next, distances[queue.front()] + 1).second) queue.push_back(next);
    }
  }
  return distances;
}

TEST(Blocks, ThereAreAsManyStatesAsTheFormulaSays) {
  EXPECT_EQ(distances_to({kTable, kTable}).size(), 3u);
  EXPECT_EQ(distances_to(Towers(4, kTable)).size(), 73u);
  EXPECT_EQ(distances_to(Towers(5, kTable)).size(), 501u);
}

/// Whether the block and all below it stand as in the goal.
bool is_settled(const Towers& now, const Towers& goal, int block) {
  for (; block != kTable; block = now[static_cast<std::size_t>(block)]) {
    if (now[static_cast<std::size_t>(block)] != goal[static_cast<std::size_t>(block)]) return false;
  }
  return true;
}

TEST(Blocks, PlansAreShortestAndSettleWhatTheyCan) {
  Random random(1);
  for (int round = 0; round < 40; ++round) {
    const Towers goal = random_towers(5, random);
    const std::map<Towers, int> distances = distances_to(goal);
    for (int start_round = 0; start_round < 5; ++start_round) {
      Towers now = random_towers(5, random);
      const auto plan = optimal_plan(now, goal);
      EXPECT_EQ(static_cast<int>(plan.size()), distances.at(now));
      for (const BlockMove& move : plan) {
        std::optional<BlockMove> settling;
        for (const BlockMove& legal : legal_moves(now)) {
          Towers after = now;
          make_move(after, legal);
          if (!settling && is_settled(after, goal, legal.block)) settling = legal;
        }
        if (settling) EXPECT_EQ(*settling, move);
        ASSERT_TRUE(settling || move.to == kTable);
        ASSERT_TRUE(make_move(now, move));
      }
      EXPECT_EQ(now, goal);
    }
  }
}

TEST(Blocks, EveryStateIsEquallyLikely) {
  Random random(2);
  std::map<Towers, int> counts;
  constexpr int kDraws = 73 * 400;
  for (int i = 0; i < kDraws; ++i) {
    const Towers towers = random_towers(4, random);
    ASSERT_TRUE(is_towers(towers));
    ++counts[towers];
  }
  EXPECT_EQ(counts.size(), 73u);
  double chi_squared = 0;
  for (const auto& [towers, count] : counts) chi_squared += (count - 400.0) * (count - 400.0) / 400.0;
  EXPECT_LT(chi_squared, 115);  // 72 degrees of freedom: above it once in a thousand
}

TEST(Blocks, IllegalMovesChangeNothing) {
  const Towers towers = {kTable, 0, kTable};  // B on A, C beside
  for (const BlockMove move : {BlockMove{0, kTable, 2}, BlockMove{1, 0, 1}, BlockMove{1, kTable, 2}, BlockMove{1, 0, 0},
                               BlockMove{2, kTable, 0}, BlockMove{2, kTable, kTable}, BlockMove{3, kTable, 2},
                               BlockMove{-1, kTable, 2}, BlockMove{1, 0, 3}, BlockMove{1, 0, -2}}) {
    Towers after = towers;
    EXPECT_FALSE(make_move(after, move));
    EXPECT_EQ(after, towers);
  }
  Towers after = towers;
  EXPECT_TRUE(make_move(after, {1, 0, 2}));
  EXPECT_EQ(after, (Towers{kTable, 2, kTable}));
}

TEST(Blocks, KnowsWhatIsAState) {
  EXPECT_TRUE(is_towers({kTable, 0, 1}));
  EXPECT_FALSE(is_towers({1, 0, kTable}));
  EXPECT_FALSE(is_towers({kTable, 0, 0}));
  EXPECT_FALSE(is_towers({0, kTable}));
  EXPECT_FALSE(is_towers({kTable, 5}));
}

Towers renamed(const Towers& towers, const std::vector<int>& names) {
  Towers result(towers.size());
  for (std::size_t block = 0; block < towers.size(); ++block) {
    result[static_cast<std::size_t>(names[block])] =
        towers[block] == kTable ? kTable : names[static_cast<std::size_t>(towers[block])];
  }
  return result;
}

TEST(Blocks, CanonicalFormIgnoresNamesAndNothingElse) {
  Random random(3);
  // Pairs of states of 3 blocks up to renaming, by trying all renamings.
  std::set<std::string> forms;
  std::set<std::set<std::pair<Towers, Towers>>> orbits;
  for (int i = 0; i < 3000; ++i) {
    const Towers start = random_towers(3, random), goal = random_towers(3, random);
    forms.insert(canonical_pair(start, goal));
    std::set<std::pair<Towers, Towers>> orbit;
    std::vector<int> names = {0, 1, 2};
    do {
      orbit.emplace(renamed(start, names), renamed(goal, names));
      EXPECT_EQ(canonical_pair(renamed(start, names), renamed(goal, names)), canonical_pair(start, goal));
    } while (std::next_permutation(names.begin(), names.end()));
    orbits.insert(orbit);
  }
  EXPECT_EQ(forms.size(), orbits.size());
}

}  // namespace
}  // namespace noema
