#pragma once

#include <string>
#include <vector>

#include "training/recipe.h"

namespace noema {

/// One key of a recipe.
struct RecipeKey {
  std::string name, value;  ///< the value as it is without the key
  std::string expected, effect;
  std::string only_with;  ///< the choice that it belongs to, such as `head = "decoding"`; empty: it is always there
};

/// The keys of a table.
std::vector<RecipeKey> recipe_keys(const RecipeTable& table);

/// The keys of one table, or of all of them when `table` is empty, for a terminal. Throws Error, with the nearest
/// name, if there is no such table.
std::string describe_keys(const std::string& table, const KindList<StageKind>& kinds = stage_kinds());

/// All keys of all tables as a page in markdown: docs/recipes.md.
std::string recipes_page(const KindList<StageKind>& kinds = stage_kinds());

}  // namespace noema
