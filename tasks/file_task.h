#pragma once

#include "base/error.h"
#include "tasks/task.h"

namespace noema {

/// A task whose examples are read from files: there is no generator, and no checker of the reasoning.
class FileTask : public Task {
 public:
  bool can_generate() const final { return false; }
  Example generate(std::uint64_t, std::uint64_t) const final {
    throw Error({"task " + name(), "a file of examples", "a request to generate them", "give a data file"});
  }
  std::optional<bool> is_valid(const Example&, const std::vector<std::string>&) const final { return std::nullopt; }
};

}  // namespace noema
