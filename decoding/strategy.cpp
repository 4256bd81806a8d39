#include "decoding/strategy.h"

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"

namespace noema {
namespace {

struct Mode {
  std::string name;
  std::unique_ptr<Strategy> (*make)();
};

const std::vector<Mode>& modes() {
  static const std::vector<Mode> all = {{"direct", make_direct_strategy},
                                        {"chain", make_chain_strategy},
                                        {"continuous", make_continuous_strategy},
                                        {"discretized", make_discretized_strategy},
                                        {"hybrid", make_hybrid_strategy}};
  return all;
}

}  // namespace

std::unique_ptr<Strategy> make_strategy(std::string_view name) {
  for (const Mode& mode : modes()) {
    if (mode.name == name) return mode.make();
  }
  const auto meant = nearest(name, mode_names());
  throw Error({"mode", "direct, chain, continuous, discretized or hybrid", printable(name),
               meant ? "did you mean \"" + *meant + "\"?" : "choose one of them"});
}

const std::vector<std::string>& mode_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const Mode& mode : modes()) all.push_back(mode.name);
    return all;
  }();
  return names;
}

}  // namespace noema
