#include "training/recipe_reference.h"

#include <algorithm>

#include "base/error.h"
#include "base/nearest.h"

namespace noema {
namespace {

/// The keys that each choice of a field brings along.
void add_choices(Field& field, std::vector<RecipeKey>& keys) {
  const nlohmann::json chosen = field.get();
  for (const std::string& choice : field.choices) {
    field.set(choice);
    Fields of_choice(Fields::Purpose::recipe);
    field.then(of_choice);
    of_choice.each([&](const Field& own) {
      keys.push_back({own.name, own.get().dump(), own.expected, own.effect, field.name + " = \"" + choice + "\""});
    });
  }
  if (!field.choices.empty()) field.set(chosen);
}

/// A recipe of defaults whose tables are all there.
Recipe whole_recipe(const KindList<StageKind>& kinds) {
  Recipe recipe(kinds);
  recipe.lora.emplace();
  return recipe;
}

std::string heading(const RecipeTable& table) {
  return table.name.empty() ? "Above all tables" : '[' + table.name + ']';
}

std::string row(const RecipeKey& key) {
  const std::string only = key.only_with.empty() ? "" : " Only with `" + key.only_with + "`.";
  return "| `" + key.name + "` | `" + key.value + "` | " + key.expected + " | " + key.effect + '.' + only + " |\n";
}

}  // namespace

std::vector<RecipeKey> recipe_keys(const RecipeTable& table) {
  Fields fields(Fields::Purpose::recipe);
  table.fields(fields);
  std::vector<RecipeKey> keys;
  fields.each([&](Field& field) {
    const bool is_known =
        std::any_of(keys.begin(), keys.end(), [&](const RecipeKey& key) { return key.name == field.name; });
    if (!is_known) keys.push_back({field.name, field.get().dump(), field.expected, field.effect, ""});
    add_choices(field, keys);
  });
  return keys;
}

std::string describe_keys(const std::string& wanted, const KindList<StageKind>& kinds) {
  Recipe recipe = whole_recipe(kinds);
  std::string text;
  std::vector<std::string> names;
  for (const RecipeTable& table : recipe_tables(recipe)) {
    names.push_back(table.name);
    if (!wanted.empty() && table.name != wanted) continue;
    text += heading(table) + "  " + table.summary + '\n';
    for (const RecipeKey& key : recipe_keys(table)) {
      text += "  " + key.name + " = " + key.value + '\n' + "      " + key.expected + ": " + key.effect + '\n';
      if (!key.only_with.empty()) text += "      only with " + key.only_with + '\n';
    }
  }
  if (!text.empty()) return text;
  const auto meant = nearest(wanted, names);
  throw Error({"--keys", "a table of recipes", printable(wanted), meant ? "did you mean \"" + *meant + "\"?" : ""});
}

std::string recipes_page(const KindList<StageKind>& kinds) {
  Recipe recipe = whole_recipe(kinds);
  std::string page =
      "# Recipes\n\nA recipe is a TOML file that says how a model is trained: on what, of which shape, and in which "
      "stages.\n`noema train RECIPE` runs it, and `--set TABLE.KEY=VALUE` changes it for one run. Every key has a "
      "default;\n`noema train --keys` prints this page for a terminal, `noema train --keys TABLE` one table of it.\n\n"
      "The stages run in the order in which they stand here. One with `steps = 0` is left out. All values, defaults\n"
      "included, decide whether a run may go on: a run that was begun with others is refused.\n";
  for (const RecipeTable& table : recipe_tables(recipe)) {
    page += "\n## " + heading(table) + "\n\nThis is " + table.summary +
            ".\n\n| key | default | value | effect |\n|---|---|---|---|\n";
    for (const RecipeKey& key : recipe_keys(table)) page += row(key);
  }
  return page;
}

}  // namespace noema
