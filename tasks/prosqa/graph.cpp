#include "tasks/prosqa/graph.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <ranges>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

constexpr unsigned kBelowFirst = 1, kBelowSecond = 2;

std::size_t at(int index) { return static_cast<std::size_t>(index); }

/// Knuth's multiplication of uniform numbers.
int poisson(double mean, Random& random) {
  const double end = std::exp(-mean);
  int count = 0;
  for (double product = random.uniform(); product > end; product *= random.uniform()) ++count;
  return count;
}

/// A graph while it grows.
struct Growing {
  std::vector<unsigned> below = {kBelowFirst, kBelowSecond};  ///< bits: which of the two people lead here
  std::vector<int> depth = {0, 0};                            ///< edges from the nearest concept without edges into it
  std::vector<Edge> edges;
};

/// The concepts that the next one may get an edge from.
std::vector<int> draw_sources(const Growing& graph, Random& random) {
  const double choice = random.uniform();
  std::vector<int> sources;
  for (int node = 0; node < static_cast<int>(graph.below.size()); ++node) {
    const unsigned below = graph.below[at(node)];
    if (choice < 0.35 ? below == kBelowFirst : choice >= 0.8 || below == kBelowSecond) sources.push_back(node);
  }
  return sources;
}

/// Takes one of the sources, with a weight that grows with its depth.
int take_source(std::vector<int>& sources, const Growing& graph, double depth_weight, Random& random) {
  const auto weight = [&](int node) { return 1 + depth_weight * graph.depth[at(node)]; };
  double left = 0;
  for (const int node : sources) left += weight(node);
  left *= random.uniform();
  std::size_t taken = 0;
  while (taken + 1 < sources.size() && left >= weight(sources[taken])) left -= weight(sources[taken++]);
  const int node = sources[taken];
  sources.erase(sources.begin() + static_cast<std::ptrdiff_t>(taken));
  return node;
}

void add_concept(Growing& graph, const ProsqaOptions& options, Random& random) {
  const int node = static_cast<int>(graph.below.size());
  const int wanted = poisson(options.in_degree, random);
  std::vector<int> sources = draw_sources(graph, random);
  unsigned below = 0;
  int depth = wanted > 0 && !sources.empty() ? node : 0;
  for (int i = 0; i < wanted && !sources.empty(); ++i) {
    const int source = take_source(sources, graph, options.depth_weight, random);
    graph.edges.emplace_back(source, node);
    below |= graph.below[at(source)];
    depth = std::min(depth, graph.depth[at(source)] + 1);
  }
  graph.below.push_back(below);
  graph.depth.push_back(depth);
}

/// Leaves out the concepts without any edge and numbers the others afresh.
void drop_isolated(Growing& graph) {
  std::vector<int> number(graph.below.size(), -1);
  for (const auto& [from, to] : graph.edges) number[at(from)] = number[at(to)] = 0;
  number[0] = number[1] = 0;
  int nodes = 0;
  std::vector<unsigned> below;
  for (std::size_t node = 0; node < number.size(); ++node) {
    if (number[node] < 0) continue;
    number[node] = nodes++;
    below.push_back(graph.below[node]);
  }
  for (auto& [from, to] : graph.edges) {
    from = number[at(from)];
    to = number[at(to)];
  }
  graph.below = std::move(below);
}

/// For each concept the edges on a shortest way from `root`, -1 where there is none. Edges go from low to high numbers.
std::vector<int> hops_from(int root, std::size_t nodes, const std::vector<Edge>& edges) {
  std::vector<int> hops(nodes, -1);
  hops[at(root)] = 0;
  // The edges are sorted by where they go, so one pass sees every way to a concept before any edge out of it.
  for (const auto& [from, to] : edges) {
    if (hops[at(from)] < 0) continue;
    int& known = hops[at(to)];
    known = known < 0 ? hops[at(from)] + 1 : std::min(known, hops[at(from)] + 1);
  }
  return hops;
}

/// What has grown, before anything is asked.
ProsqaGraph graph_of(const Growing& growing) {
  ProsqaGraph graph;
  graph.nodes = static_cast<int>(growing.below.size());
  graph.edges = growing.edges;
  return graph;
}

/// The question about a grown graph; nothing when it has none with the wanted number of hops.
std::optional<ProsqaGraph> ask(const Growing& graph, const ProsqaOptions& options, Random& random) {
  std::vector<bool> has_kind(graph.below.size());
  for (const Edge& edge : graph.edges) has_kind[at(edge.first)] = true;
  std::vector<int> leaves[2], deepest;
  const std::size_t nodes = graph.below.size();
  const std::vector<int> hops[2] = {hops_from(0, nodes, graph.edges), hops_from(1, nodes, graph.edges)};
  int most = 0;
  for (int node = 2; node < static_cast<int>(graph.below.size()); ++node) {
    const unsigned below = graph.below[at(node)];
    if (has_kind[at(node)] || (below != kBelowFirst && below != kBelowSecond)) continue;
    leaves[below - 1].push_back(node);
    const int depth = hops[below - 1][at(node)];
    if (depth > most) deepest.clear();
    most = std::max(most, depth);
    if (depth == most) deepest.push_back(node);
  }
  if (leaves[0].empty() || leaves[1].empty() || most < options.min_hops || most > options.max_hops) return std::nullopt;

  ProsqaGraph question = graph_of(graph);
  question.target = random.pick(deepest);
  question.root = graph.below[at(question.target)] == kBelowFirst ? 0 : 1;
  question.neg_target = random.pick(leaves[1 - question.root]);
  return question;
}

/// The question whose candidates lie so many hops below one person alone and below the other alone; nothing when there
/// are none. Of `graph` only nodes and edges count.
std::optional<ProsqaGraph> ask_matched(ProsqaGraph graph, int hops, Random& random) {
  const std::size_t nodes = at(graph.nodes);
  const std::vector<int> from[2] = {hops_from(0, nodes, graph.edges), hops_from(1, nodes, graph.edges)};
  std::vector<int> candidates[2];
  for (int node = 2; node < graph.nodes; ++node) {
    for (const int person : {0, 1}) {
      if (from[person][at(node)] == hops && from[1 - person][at(node)] < 0) candidates[person].push_back(node);
    }
  }
  if (candidates[0].empty() || candidates[1].empty()) return std::nullopt;
  graph.is_matched = true;
  graph.root = static_cast<int>(random.below(2));
  graph.target = random.pick(candidates[graph.root]);
  graph.neg_target = random.pick(candidates[1 - graph.root]);
  return graph;
}

/// Another such question, each number of hops that the graph has one for being equally likely.
std::optional<ProsqaGraph> ask_matched_again(const ProsqaGraph& graph, int max_hops, Random& random) {
  std::vector<int> lengths(at(std::min(max_hops, graph.nodes)));
  std::iota(lengths.begin(), lengths.end(), 1);
  random.shuffle(lengths);
  for (const int hops : lengths) {
    if (auto question = ask_matched(graph, hops, random)) return question;
  }
  return std::nullopt;
}

std::uint64_t mixed(std::uint64_t a, std::uint64_t b) { return Random(Random(a).next() + b).next(); }

}  // namespace

std::vector<bool> ProsqaGraph::people() const {
  std::vector<bool> are(at(nodes), true);
  for (const Edge& edge : edges) are[at(edge.second)] = false;
  return are;
}

ProsqaGraph draw_prosqa_graph(const ProsqaOptions& options, int max_people, int max_kinds, Random& random) {
  constexpr int kAttempts = 1'000'000;
  constexpr double kDeeper = 4.0;  // times as likely: else one graph in ten thousand has two candidates six hops deep
  const bool is_matched = options.matched > 0.0 && random.uniform() < options.matched;
  const int hops = is_matched ? 1 + static_cast<int>(random.below(static_cast<std::uint64_t>(options.max_hops))) : 0;
  ProsqaOptions grown = options;
  if (is_matched) grown.depth_weight *= kDeeper;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Growing graph;
    for (int node = 2; node < options.nodes; ++node) add_concept(graph, grown, random);
    drop_isolated(graph);
    auto question = is_matched ? ask_matched(graph_of(graph), hops, random) : ask(graph, options, random);
    if (!question) continue;
    const std::vector<bool> people = question->people();
    const int count = static_cast<int>(std::count(people.begin(), people.end(), true));
    if (count <= max_people && question->nodes - count <= max_kinds) return std::move(*question);
  }
  throw Error({"task " + options.name, "options that give a question",
               "none in " + std::to_string(kAttempts) + " graphs", "ask for fewer hops or more nodes"});
}

std::optional<ProsqaGraph> ask_again(const ProsqaGraph& graph, int max_hops, Random& random) {
  if (graph.is_matched) return ask_matched_again(graph, max_hops, random);
  const std::vector<bool> is_person = graph.people();
  std::vector<int> people;
  for (int node = 0; node < graph.nodes; ++node) {
    if (is_person[at(node)]) people.push_back(node);
  }
  ProsqaGraph question = graph;
  question.root = random.pick(people);
  const std::vector<int> hops = hops_from(question.root, at(graph.nodes), graph.edges);
  std::map<int, std::vector<int>> reached;  // by hops
  std::vector<int> others;
  for (int node = 0; node < graph.nodes; ++node) {
    if (is_person[at(node)]) continue;
    if (hops[at(node)] < 0)
      others.push_back(node);
    else if (hops[at(node)] <= max_hops)
      reached[hops[at(node)]].push_back(node);
  }
  if (reached.empty() || others.empty()) return std::nullopt;
  question.target =
      random.pick(std::next(reached.begin(), static_cast<std::ptrdiff_t>(random.below(reached.size())))->second);
  question.neg_target = random.pick(others);
  return question;
}

std::vector<int> shortest_way(const ProsqaGraph& graph, const std::vector<std::string>& symbols) {
  constexpr int kNever = std::numeric_limits<int>::max() - 1;
  std::vector<int> hops(at(graph.nodes), kNever);  // from each concept to the target
  hops[at(graph.target)] = 0;
  for (const auto& [from, to] : std::views::reverse(graph.edges)) {  // sorted, so all edges out of `to` are done
    hops[at(from)] = std::min(hops[at(from)], hops[at(to)] + 1);
  }
  std::vector<int> way = {graph.root};
  while (way.back() != graph.target) {
    const int here = way.back();
    int next = -1;
    for (const auto& [from, to] : graph.edges) {
      if (from != here || hops[at(to)] + 1 != hops[at(here)]) continue;
      if (next < 0 || symbols[at(to)] < symbols[at(next)]) next = to;
    }
    way.push_back(next);
  }
  return way;
}

std::string canonical_graph(int nodes, const std::vector<Edge>& edges, int root, int candidate, int other_candidate) {
  // Colour refinement (Weisfeiler and Leman): a concept's colour tells its role and, a round further each time, what
  // it is and what is it. More rounds than the longest chain of a question change nothing.
  std::vector<std::uint64_t> colours(at(nodes), 1);
  colours[at(candidate)] = colours[at(other_candidate)] = 2;
  colours[at(root)] = 3;
  for (int round = 0; round < std::min(nodes, 40); ++round) {
    std::vector<std::uint64_t> next(colours.size());
    for (std::size_t node = 0; node < colours.size(); ++node) next[node] = mixed(colours[node], 4);
    for (const auto& [from, to] : edges) {
      // Sums do not depend on the order of the edges.
      next[at(from)] += mixed(colours[at(to)], 5);
      next[at(to)] += mixed(colours[at(from)], 6);
    }
    colours = std::move(next);
  }
  std::vector<std::string> lines;
  for (const auto& [from, to] : edges) {
    lines.push_back(std::to_string(colours[at(from)]) + ' ' + std::to_string(colours[at(to)]) + '\n');
  }
  std::sort(lines.begin(), lines.end());
  return sha256(std::accumulate(lines.begin(), lines.end(), std::string()));
}

}  // namespace noema
