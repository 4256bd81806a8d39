#pragma once

#include <string>
#include <vector>

#include "base/random.h"

namespace noema {

constexpr int kTable = -1;

/// A state of the Blocksworld: for each block the block below it, or kTable.
using Towers = std::vector<int>;

struct BlockMove {
  int block;
  int from;  ///< a block or kTable
  int to;    ///< a block or kTable

  bool operator==(const BlockMove&) const = default;
};

/// Whether this is a state: every block on the table or on one other, none on two, no circles.
bool is_towers(const Towers& towers);

/// Each state of `blocks` blocks with the same probability.
Towers random_towers(int blocks, Random& random);

/// Moves the block. False, and no change, when the block or its destination is not clear, the block does not stand on
/// `from`, or the move goes nowhere.
bool make_move(Towers& towers, const BlockMove& move);

/// A shortest plan, the one that settles a block where it stays as soon as one can be settled; of several blocks, and
/// of several to put on the table, the first by name. Up to 10 blocks take less than a millisecond on average; the time
/// grows exponentially with their number.
std::vector<BlockMove> optimal_plan(const Towers& start, const Towers& goal);

/// A closed form that is the length of a shortest plan for most pairs of states: the blocks that do not stand, with all
/// below them, as in the goal, each counted twice if some block is below it both now and in the goal.
int misplaced_moves(const Towers& start, const Towers& goal);

/// A text that two pairs of states share if and only if one becomes the other by giving the blocks other names.
std::string canonical_pair(const Towers& start, const Towers& goal);

}  // namespace noema
