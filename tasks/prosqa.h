#pragma once

#include <memory>
#include <string>

#include "tasks/task.h"

namespace noema {

/// How the graph of a question is drawn; the defaults give the statistics of the public set.
struct ProsqaOptions {
  std::string name = "prosqa";  ///< what the task is called
  int nodes = 28;               ///< concepts drawn, 6 to 40; those that no edge reaches are left out afterwards
  double in_degree = 1.5;       ///< mean (Poisson) of the edges drawn into each concept, above 0, at most 4
  double depth_weight = 1.5;    ///< how much likelier, a level, a deep concept is drawn as the start of an edge
  int min_hops = 3;             ///< fewest statements in the shortest proof, of the others
  int max_hops = 6;             ///< most statements in the shortest proof

  /// Share of the questions whose candidates are matched: as many hops, from 1 to max_hops, below one person alone as
  /// below the other, each number being equally likely, and either person is asked about. No rule that passes over the
  /// person asked about is right more than half of the time. In the public set the deeper candidate is, in 92%.
  double matched = 0.0;
};

/// "Is Tom a lempus or scrompus?": which of two kinds is reached from a name by statements "Tom is a terpus." and
/// "Every terpus is a brimpus.". The steps are a shortest proof, of several the first by name, statement after
/// statement (in the public set it is any of them); the last sentence of the reasoning is `### Tom is a lempus.`.
/// `extra` holds the graph in the fields of the public set. The checker accepts every chain of statements of the
/// question from the name to the right kind, the longer ones too. Throws Error when the options are out of range.
std::unique_ptr<Task> make_prosqa_task(const ProsqaOptions& options = {});

}  // namespace noema
