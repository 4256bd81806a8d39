#pragma once

#include <vector>

#include "inspect/records/evaluation.h"

namespace noema {

/// Prints what modes got, and what it cost.
void print_evaluations(const std::vector<Evaluation>& evaluations);

/// Prints what rules got, and what each mode got where a rule fails.
void print_floors(const std::vector<Floor>& floors, const std::vector<Evaluation>& evaluations);

}  // namespace noema
