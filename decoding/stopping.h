#pragma once

#include <torch/types.h>

#include <memory>
#include <optional>
#include <vector>

#include "decoding/active_batch.h"

namespace noema {

/// Says of concepts just predicted whether reasoning ends with them.
class Stopping {
 public:
  virtual ~Stopping() = default;

  /// One verdict a row. `steps` are the steps they belong to; a rule may fill in what it finds out.
  virtual std::vector<std::optional<StopReason>> judge(ActiveBatch& batch, const Concept& concepts,
                                                       std::vector<Step>& steps) = 0;

  /// Goes on with these rows only.
  virtual void keep(const std::vector<std::int64_t>& /*rows*/) {}
};

/// The rule of the options. Throws Error when the bundle lacks what it needs.
std::unique_ptr<Stopping> make_stopping(const RunContext& context);

}  // namespace noema
