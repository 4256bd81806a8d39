#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tasks/prosqa.h"

namespace noema {

using Edge = std::pair<int, int>;  ///< from a concept to what it is

/// The graph behind a ProsQA question. Concepts that no edge enters are people, the others are kinds.
struct ProsqaGraph {
  int nodes = 0;
  std::vector<Edge> edges;
  int root = 0;             ///< the person that the question asks about
  int target = 0;           ///< the candidate that is reached from the root
  int neg_target = 0;       ///< the candidate that is not
  bool is_matched = false;  ///< whether the candidates are (see ProsqaOptions), and those of further questions will be

  /// For each concept whether it is a person.
  std::vector<bool> people() const;
};

/// Draws a graph as Coconut (arXiv 2412.06769, appendix) does, with what its text leaves open chosen to match the
/// public set. Two people, 0 and 1, come first. Each further concept gets a Poisson number of edges from concepts that
/// are there already, deep ones preferred: with probability 0.35 from those below person 0 alone, with 0.45 from those
/// below person 1 alone, else from all. The target is the deepest leaf below one person alone, the other candidate any
/// leaf below the other person alone; or the two are matched (see ProsqaOptions), in graphs that
/// are drawn somewhat deeper. At most `max_people` people and
/// `max_kinds` kinds. Throws Error when the options hardly ever give such a graph.
ProsqaGraph draw_prosqa_graph(const ProsqaOptions& options, int max_people, int max_kinds, Random& random);

/// The same graph with another question, about any of its people: the target is drawn from what is reached from that
/// person in up to `max_hops` hops, each number of hops being equally likely, the other candidate from the kinds that
/// are not reached. Nothing when the person drawn leads nowhere or everywhere. If the question of `graph` is matched,
/// so is the other one, and it is about person 0 or 1.
std::optional<ProsqaGraph> ask_again(const ProsqaGraph& graph, int max_hops, Random& random);

/// A shortest way from the root to the target, which it must reach, both included. Of several it is the one that at
/// each concept goes on to the one whose symbol comes first, so that a model can know which is meant.
std::vector<int> shortest_way(const ProsqaGraph& graph, const std::vector<std::string>& symbols);

/// A text that graphs share when they differ only in the numbering of the concepts, the order of the edges or the order
/// of the candidates. Graphs that differ in more have different ones, but for pairs that colour refinement cannot tell
/// apart.
std::string canonical_graph(int nodes, const std::vector<Edge>& edges, int root, int candidate, int other_candidate);

}  // namespace noema
