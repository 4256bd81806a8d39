#pragma once

#include <vector>

#include "tasks/task.h"

namespace noema::prosqa {

/// Rules that pass over the person asked about. Where both candidates are alike they take the one named first.
std::vector<Rule> rules();

}  // namespace noema::prosqa
