#pragma once

#include <set>
#include <string>

#include "training/recipe.h"

namespace noema {

/// Throws Error where the stages of a recipe contradict each other or the model that they train: what a run would
/// otherwise find hours later, when it comes to the stage. `model` is what every part is made of; `there` are the parts
/// that the run starts from, the backbone's "chain" among them.
void check_stages(const Recipe& recipe, const TransformerConfig& model, std::set<std::string> there);

}  // namespace noema
