#include "training/recipe.h"

#include <toml++/toml.h>

#include <limits>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/nearest.h"

namespace noema {
namespace {

std::string text_of(const toml::node& node) {
  std::ostringstream text;
  text << toml::node_view<const toml::node>(&node);
  return text.str();
}

/// One table of a recipe: takes the keys one by one, and complains of those that nobody took.
class Table {
 public:
  Table(const toml::table& table, std::string where, std::string name)
      : table_(table), where_(std::move(where)), name_(std::move(name)) {}

  void take(const char* key, std::int64_t& value, std::int64_t low,
            std::int64_t high = std::numeric_limits<std::int32_t>::max()) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto found = node->value_exact<std::int64_t>();
    if (!found || *found < low || *found > high) {
      throw wrong(*node, key, "a whole number from " + std::to_string(low) + " to " + std::to_string(high));
    }
    value = *found;
  }

  void take(const char* key, std::uint64_t& value) {
    std::int64_t number = static_cast<std::int64_t>(value);
    take(key, number, 0, std::numeric_limits<std::int64_t>::max());
    value = static_cast<std::uint64_t>(number);
  }

  void take(const char* key, bool& value) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto found = node->value_exact<bool>();
    if (!found) throw wrong(*node, key, "true or false");
    value = *found;
  }

  void take(const char* key, double& value, double low, double high) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto found = node->value<double>();
    if (!found || !(*found >= low && *found <= high)) {
      throw wrong(*node, key, "a number from " + short_text(low) + " to " + short_text(high));
    }
    value = *found;
  }

  void take(const char* key, std::string& value, const std::vector<std::string>& choices = {}) {
    const toml::node* node = find(key);
    if (!node) return;
    const auto found = node->value_exact<std::string>();
    if (!found) throw wrong(*node, key, "a text");
    if (!choices.empty() && std::find(choices.begin(), choices.end(), *found) == choices.end()) {
      std::string all;
      for (const std::string& choice : choices) all += (all.empty() ? "\"" : ", \"") + choice + "\"";
      throw wrong(*node, key, "one of " + all);
    }
    value = *found;
  }

  void take(const char* key, std::vector<std::string>& value) {
    const toml::node* node = find(key);
    if (!node) return;
    const toml::array* array = node->as_array();
    if (!array || !(array->empty() || array->is_homogeneous<std::string>())) throw wrong(*node, key, "a list of texts");
    value.clear();
    for (const auto& element : *array) value.push_back(*element.value<std::string>());
  }

  void take(const char* key, std::map<std::string, double>& value, double low, double high) {
    const toml::node* node = find(key);
    if (!node) return;
    const toml::table* table = node->as_table();
    if (!table) throw wrong(*node, key, "a table of numbers");
    for (const auto& [name, element] : *table) {
      const auto found = element.value<double>();
      if (!found || !(*found >= low && *found <= high)) {
        throw wrong(element, key, "numbers from " + short_text(low) + " to " + short_text(high));
      }
      value[std::string(name.str())] = *found;
    }
  }

  /// Complains of keys that the backbone makes senseless.
  void refuse_beside_backbone(std::initializer_list<const char*> keys) {
    for (const char* key : keys) {
      const toml::node* node = find(key);
      if (!node) continue;
      throw Error({at(*node) + ": " + key, "nothing beside a backbone, which brings its own", "a value", "remove it"});
    }
  }

  /// The table of this name; an empty one when there is none.
  Table table(const char* key) {
    static const toml::table kEmpty;
    const toml::node* node = find(key);
    if (node && !node->is_table()) throw wrong(*node, key, "a table");
    return {node ? *node->as_table() : kEmpty, where_, key};
  }
  bool has(const char* key) const { return table_.contains(key); }

  void finish() const {
    for (const auto& [key, node] : table_) {
      const std::string name(key.str());
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      const auto meant = nearest(name, known_);
      throw Error({at(node), "a known key" + (name_.empty() ? std::string() : " of [" + name_ + "]"), printable(name),
                   meant ? "did you mean \"" + *meant + "\"?" : "remove it"});
    }
  }

 private:
  const toml::node* find(const char* key) {
    known_.emplace_back(key);
    return table_.get(key);
  }
  std::string at(const toml::node& node) const {
    const auto line = node.source().begin.line;  // 0: of a change
    return line == 0 ? "a change to " + where_ : where_ + ", line " + std::to_string(line);
  }
  Error wrong(const toml::node& node, const char* key, const std::string& expected) const {
    return Error({at(node) + ": " + key, expected, printable(text_of(node), 80), "correct the recipe"});
  }
  static std::string short_text(double value) {
    std::string text = std::to_string(value);
    text.erase(text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text + "0" : text;
  }

  const toml::table& table_;
  std::string where_, name_;
  std::vector<std::string> known_;
};

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

void take_stage(Table& table, StageOptions& stage) {
  table.take("steps", stage.steps, 0);
  table.take("batch", stage.batch, 1, 65536);
  table.take("micro_batches", stage.micro_batches, 1, 1024);
  table.take("learning_rate", stage.learning_rate, 0.0, 1.0);
  table.take("final_rate", stage.final_rate, 0.0, 1.0);
  table.take("warmup", stage.warmup, 0);
  table.take("weight_decay", stage.weight_decay, 0.0, 10.0);
  table.take("beta2", stage.beta2, 0.0, 0.9999);
  table.take("optimizer", stage.optimizer, {"adamw", "muon"});
  table.take("clip", stage.clip, 1e-6, 1e6);
  table.take("validate_every", stage.validate_every, 1);
}

void take_chain(Table table, ChainStage& stage) {
  take_stage(table, stage);
  table.take("question_weight", stage.question_weight, 0.0, 100.0);
  table.take("hint_weight", stage.hint_weight, 0.0, 100.0);
  table.finish();
}

void take_autoencoder(Table& table, AutoencoderStage& stage) {
  take_stage(table, stage);
  table.take("prefix_dropout", stage.prefix_dropout, 0.0, 0.95);
  table.take("kl_weight", stage.kl_weight, 0.0, 100.0);
  table.take("readout_weight", stage.readout_weight, 0.0, 100.0);
}

void take_semantic(Table table, AutoencoderStage& stage) {
  take_autoencoder(table, stage);
  table.finish();
}

void take_contextual(Table table, AutoencoderStage& stage) {
  take_autoencoder(table, stage);
  table.take("contrast_weight", stage.contrast_weight, 0.0, 100.0);
  table.take("temperature", stage.temperature, 1e-3, 100.0);
  table.take("chain_weight", stage.chain_weight, 0.0, 100.0);
  table.take("hint_weight", stage.hint_weight, 0.0, 100.0);
  table.finish();
}

void take_concept(Table table, ConceptStage& stage) {
  take_stage(table, stage);
  const std::vector<std::string> autoencoders = {"semantic", "contextual"};
  table.take("reads", stage.reads, autoencoders);
  table.take("writes", stage.writes, autoencoders);
  table.take("head", stage.head, {"decoding", "regression"});
  table.take("start", stage.start, {"chain", "semantic", "contextual"});
  table.take("layers", stage.layers, 0, 1024);
  table.take("contrast_weight", stage.contrast_weight, 0.0, 100.0);
  table.take("temperature", stage.temperature, 1e-3, 100.0);
  table.take("dropout", stage.dropout, 0.0, 0.95);
  table.take("readout_weight", stage.readout_weight, 0.0, 100.0);
  table.take("early_exit", stage.early_exit, 0.0, 1.0);
  table.take("hint_weight", stage.hint_weight, 0.0, 100.0);
  table.take("hint_layer", stage.hint_layer, 1);
  table.take("own_inputs", stage.own_inputs, 0.0, 1.0);
  table.take("twins", stage.twins, 0.0, 1.0);
  table.finish();
}

void take_stop(Table table, StageOptions& stage) {
  take_stage(table, stage);
  table.finish();
}

void take_model(Table table, Recipe& recipe, const std::string& where) {
  table.take("bottleneck", recipe.bottleneck, {"identity", "gaussian"});
  table.take("latent_width", recipe.latent_width, 0, 1 << 16);
  table.take("backbone", recipe.backbone);
  if (!recipe.backbone.empty()) {
    table.refuse_beside_backbone(
        {"style", "layers", "width", "heads", "kv_heads", "feed_forward", "convolution", "mask", "max_positions"});
    return table.finish();
  }
  std::string style = "llama";
  table.take("style", style, {"llama", "gpt2"});
  TransformerConfig& model = recipe.model;
  table.take("layers", model.layers, 1, 1024);
  table.take("width", model.width, 1, 1 << 16);
  table.take("heads", model.heads, 1, 1 << 10);
  model.kv_heads = model.heads;
  model.feed_forward = 4 * model.width;
  table.take("kv_heads", model.kv_heads, 1, 1 << 10);
  table.take("feed_forward", model.feed_forward, 1, 1 << 18);
  table.take("convolution", model.convolution, 0, 16);
  std::string mask = "causal";
  table.take("mask", mask, {"causal", "prefix"});
  if (mask == "prefix") model.mask = TransformerConfig::Mask::prefix;
  table.take("max_positions", model.max_positions, 16, 1 << 16);
  table.finish();
  if (style == "gpt2") {
    const TransformerConfig given = model;
    model = gpt2_style(given.layers, given.width, given.heads, given.max_positions);
    model.feed_forward = given.feed_forward;
    model.convolution = given.convolution;
    model.mask = given.mask;
  }
  model.check(where + ": [model]");
}

void take_data(Table table, Recipe& recipe) {
  table.take("train", recipe.train_file);
  table.take("valid", recipe.valid_file);
  table.take("answers_only", recipe.answers_only);
  table.take("exclude", recipe.exclude);
  table.take("family_weights", recipe.family_weights, 1e-3, 1000.0);
  table.take("siblings", recipe.siblings, 0, 64);
  table.take("valid_count", recipe.valid_count, 1, 100'000);
  table.take("max_tokens", recipe.max_tokens, 8, 1 << 16);
  table.finish();
}

void take_tokenizer(Table table, Recipe& recipe) {
  if (!recipe.backbone.empty()) table.refuse_beside_backbone({"vocab_size", "examples"});
  table.take("vocab_size", recipe.vocab_size, 260, 1 << 20);
  table.take("examples", recipe.tokenizer_examples, 1, 10'000'000);
  table.finish();
}

void take_lora(Table table, Recipe& recipe, const std::string& where) {
  if (recipe.backbone.empty()) {
    throw Error({where + ": [lora]", "a backbone in [model]", "none", "there must be something to adapt"});
  }
  LoraOptions& lora = recipe.lora.emplace();
  table.take("rank", lora.rank, 1, 1024);
  table.take("alpha", lora.alpha, 0.0, 1e6);
  table.take("targets", lora.targets);
  table.finish();
  lora.check(where + ": [lora]");
}

/// What the recipe says that decides how a stage comes out.
std::string settings_of(const std::string& stage, const toml::table& recipe) {
  std::string lines;
  const auto add = [&](const std::string& key, const toml::node& value) {
    lines += key + " = " + text_of(value) + '\n';
  };
  for (const std::string key : {"task", "seed"}) {
    if (const toml::node* value = recipe.get(key)) add(key, *value);
  }
  for (const std::string& name :
       {std::string("data"), std::string("model"), std::string("tokenizer"), std::string("lora"), stage}) {
    const toml::table* table = recipe[name].as_table();
    if (!table) continue;
    for (const auto& [key, value] : *table) add(name + '.' + std::string(key.str()), value);
  }
  return lines;
}

}  // namespace

Recipe parse_recipe(std::string text, const std::string& where, const std::vector<std::string>& changes) {
  toml::table parsed;
  try {
    parsed = toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw Error({where + ", line " + std::to_string(error.source().begin.line), "TOML",
                 printable(error.description(), 120), "correct the recipe"});
  }
  for (const std::string& change : changes) apply(change, parsed);
  Recipe recipe;
  Table top(parsed, where, "");
  top.take("name", recipe.name);
  top.take("task", recipe.task);
  top.take("seed", recipe.seed);
  top.take("out", recipe.out);
  take_data(top.table("data"), recipe);
  take_model(top.table("model"), recipe, where);
  take_tokenizer(top.table("tokenizer"), recipe);
  if (top.has("lora")) take_lora(top.table("lora"), recipe, where);
  take_chain(top.table("chain"), recipe.chain);
  take_semantic(top.table("semantic"), recipe.semantic);
  take_contextual(top.table("contextual"), recipe.contextual);
  take_concept(top.table("concept"), recipe.concept_model);
  take_stop(top.table("stop"), recipe.stop);
  top.finish();
  for (const auto& [key, value] : {std::pair{"name", recipe.name}, {"task", recipe.task}, {"out", recipe.out}}) {
    if (value.empty()) throw Error({where, std::string("a key \"") + key + "\"", "none", "add it"});
  }
  check_mask(recipe, recipe.model.mask, where + ": [model] mask");
  recipe.text = std::move(text);
  recipe.changes = changes;
  for (const std::string& stage : stage_names()) recipe.settings[stage] = settings_of(stage, parsed);
  return recipe;
}

std::vector<std::string> stage_names() { return {"chain", "semantic", "contextual", "concept", "stop"}; }

const StageOptions& stage_options(const Recipe& recipe, const std::string& stage) {
  if (stage == "chain") return recipe.chain;
  if (stage == "semantic") return recipe.semantic;
  if (stage == "contextual") return recipe.contextual;
  if (stage == "concept") return recipe.concept_model;
  if (stage == "stop") return recipe.stop;
  throw Error({"stage", "chain, semantic, contextual, concept or stop", printable(stage), ""});
}

void check_mask(const Recipe& recipe, TransformerConfig::Mask mask, const std::string& where) {
  const bool has_siblings = recipe.siblings > 0;
  if (mask == TransformerConfig::Mask::causal || (!has_siblings && recipe.chain.question_weight == 0.0)) return;
  throw Error({where, "neither siblings nor a question_weight beside a prefix mask: its questions are read whole",
               has_siblings ? "siblings" : "a question_weight", "leave it out"});
}

Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& changes) {
  return parse_recipe(read_file(path, 1 << 20), path.string(), changes);
}

}  // namespace noema
