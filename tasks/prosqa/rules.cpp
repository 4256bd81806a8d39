#include "tasks/prosqa/rules.h"

#include <algorithm>
#include <limits>

#include "tasks/prosqa/question.h"

namespace noema::prosqa {
namespace {

/// What a rule looks at of a candidate.
struct Place {
  int depth = 0;      ///< statements from the nearest symbol that nothing is; 0 when there is none
  int parents = 0;    ///< statements that say that something is one
  int ancestors = 0;  ///< symbols that it is reached from
};

Place place_of(const std::string& candidate, const Links& subjects) {
  const Hops above = hops_from(candidate, subjects);
  Place place;
  place.ancestors = static_cast<int>(above.size()) - 1;
  const auto found = subjects.find(candidate);
  if (found != subjects.end()) place.parents = static_cast<int>(found->second.size());
  int depth = std::numeric_limits<int>::max();
  for (const auto& [symbol, hops] : above) {
    if (!subjects.contains(symbol)) depth = std::min(depth, hops);
  }
  if (depth < std::numeric_limits<int>::max()) place.depth = depth;
  return place;
}

/// The rule that takes the second candidate if `is_better(second, first)`.
Rule rule_of(const char* name, bool (*is_better)(const Place&, const Place&)) {
  return {name, [is_better](const Example& example) -> std::optional<std::string> {
            const auto question = parse_question(example.question);
            if (!question) return std::nullopt;
            const Links subjects = subjects_of(*question);
            const Place first = place_of(question->first, subjects), second = place_of(question->second, subjects);
            return describe({false, question->root, is_better(second, first) ? question->second : question->first});
          }};
}

}  // namespace

std::vector<Rule> rules() {
  return {
      rule_of("deeper candidate", [](const Place& a, const Place& b) { return a.depth > b.depth; }),
      rule_of("deeper, or more above it",
              [](const Place& a, const Place& b) {
                return a.depth != b.depth ? a.depth > b.depth : a.ancestors > b.ancestors;
              }),
      rule_of("fewer parents", [](const Place& a, const Place& b) { return a.parents < b.parents; }),
  };
}

}  // namespace noema::prosqa
