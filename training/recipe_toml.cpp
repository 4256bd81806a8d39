#include <toml++/toml.h>

#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "training/recipe.h"

namespace noema {
namespace {

std::string text_of(const toml::node& node) {
  std::ostringstream text;
  text << toml::node_view<const toml::node>(&node);
  return text.str();
}

/// Null for what no option is: dates and times.
nlohmann::json json_of(const toml::node& node) {
  if (const auto* table = node.as_table()) {
    nlohmann::json object = nlohmann::json::object();
    for (const auto& [key, value] : *table) object[std::string(key.str())] = json_of(value);
    return object;
  }
  if (const auto* array = node.as_array()) {
    nlohmann::json list = nlohmann::json::array();
    for (const toml::node& value : *array) list.push_back(json_of(value));
    return list;
  }
  if (const auto text = node.value_exact<std::string>()) return *text;
  if (const auto flag = node.value_exact<bool>()) return *flag;
  if (const auto whole = node.value_exact<std::int64_t>()) return *whole;
  if (const auto number = node.value_exact<double>()) return *number;
  return nullptr;
}

FieldValues values_of(const toml::table& table, const std::string& where, const std::string& name) {
  FieldValues values{where, name.empty() ? "" : "[" + name + "]", {}};
  for (const auto& [key, node] : table) {
    const auto line = node.source().begin.line;  // 0: of a change
    const std::string place = line == 0 ? "a change to " + where : where + ", line " + std::to_string(line);
    values.values[std::string(key.str())] = {json_of(node), {place, printable(text_of(node), 80)}};
  }
  return values;
}

/// What a change gives, under the key "value": TOML or, failing that, a text.
toml::table value_of(const std::string& text) {
  try {
    return toml::parse("value = " + text);
  } catch (const toml::parse_error&) {
    return toml::table{{"value", text}};
  }
}

/// "table.key=value" takes the place of what stands there.
void apply(const std::string& change, toml::table& recipe) {
  const auto equals = change.find('=');
  const Error malformed({"a change to the recipe", "KEY=VALUE or TABLE.KEY=VALUE", "\"" + printable(change, 80) + "\"",
                         "for example seed=2"});
  if (equals == std::string::npos) throw malformed;
  toml::table* table = &recipe;
  std::string key = change.substr(0, equals);
  if (const auto dot = key.find('.'); dot != std::string::npos) {
    toml::node& inner = table->insert(key.substr(0, dot), toml::table()).first->second;
    table = inner.as_table();
    if (!table) throw malformed;
    key.erase(0, dot + 1);
  }
  const toml::table parsed = value_of(change.substr(equals + 1));
  parsed.get("value")->visit([&](const auto& value) { table->insert_or_assign(key, value); });
}

toml::table parse(const std::string& text, const std::string& where, const std::vector<std::string>& changes) {
  toml::table parsed;
  try {
    parsed = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error({where + ", line " + std::to_string(error.source().begin.line), "TOML",
                 printable(error.description(), 120), "correct the recipe"});
  }
  for (const std::string& change : changes) apply(change, parsed);
  return parsed;
}

/// The keys above all tables; a table is a key, too, whose content is read afterwards.
void read_top(const toml::table& parsed, const std::vector<RecipeTable>& tables, const std::string& where) {
  Fields fields(Fields::Purpose::recipe);
  for (const RecipeTable& table : tables) {
    if (table.name.empty()) {
      table.fields(fields);
    } else {
      fields.add({table.name, "a table", table.summary, [] { return nlohmann::json(); },
                  [](const nlohmann::json& json) { return json.is_object(); }});
    }
  }
  read_fields(fields, values_of(parsed, where, ""), Missing::keep_default);
}

void read_table(const toml::table& parsed, const RecipeTable& table, const std::string& where) {
  static const toml::table kEmpty;
  const toml::table* found = parsed[table.name].as_table();
  Fields fields(Fields::Purpose::recipe);
  table.fields(fields);
  read_fields(fields, values_of(found ? *found : kEmpty, where, table.name), Missing::keep_default);
}

/// By stage, the values of all keys that it depends on.
std::map<std::string, std::string> settings_of(Recipe& recipe) {
  std::string common = "task = \"" + recipe.task + "\"\nseed = " + std::to_string(recipe.seed) + '\n';
  std::map<std::string, std::string> settings;
  for (const RecipeTable& table : recipe_tables(recipe)) {
    if (table.name.empty()) continue;
    Fields fields(Fields::Purpose::recipe);
    table.fields(fields);
    const bool is_stage = std::any_of(recipe.stages.begin(), recipe.stages.end(),
                                      [&](const auto& stage) { return stage->name() == table.name; });
    (is_stage ? settings[table.name] : common) += field_lines(fields, table.name + '.');
  }
  for (auto& [stage, lines] : settings) lines = common + lines;
  return settings;
}

void check(const Recipe& recipe, const std::string& where) {
  for (const auto& [key, value] : {std::pair{"name", recipe.name}, {"task", recipe.task}, {"out", recipe.out}}) {
    if (value.empty()) throw Error({where, std::string("a key \"") + key + "\"", "none", "add it"});
  }
  if (recipe.lora && recipe.model.backbone.empty()) {
    throw Error({where + ": [lora]", "a backbone in [model]", "none", "there must be something to adapt"});
  }
  if (recipe.lora) recipe.lora->check(where + ": [lora]");
  recipe.data.check(recipe.task, where + ": [data]");
  recipe.model.check(where + ": [model]");
  if (recipe.model.backbone.empty()) recipe.check_mask(recipe.model.mask, where + ": [model] mask");
}

}  // namespace

Recipe parse_recipe(std::string text, const std::string& where, const std::vector<std::string>& changes,
                    const KindList<StageKind>& kinds) {
  const toml::table parsed = parse(text, where, changes);
  Recipe recipe(kinds);
  recipe.lora.emplace();  // its table is known, whether it is there or not
  read_top(parsed, recipe_tables(recipe), where);
  if (!parsed.contains("lora")) recipe.lora.reset();
  for (const RecipeTable& table : recipe_tables(recipe)) {
    if (!table.name.empty()) read_table(parsed, table, where);
  }
  check(recipe, where);
  recipe.text = std::move(text);
  recipe.changes = changes;
  recipe.settings = settings_of(recipe);
  return recipe;
}

Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& changes) {
  return parse_recipe(read_file(path, 1 << 20), path.string(), changes);
}

}  // namespace noema
