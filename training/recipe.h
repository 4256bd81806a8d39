#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "concept_lm/backbone.h"
#include "nn/model/language_model.h"
#include "nn/model/lora.h"
#include "training/stages/stage.h"

namespace noema {

/// What is learnt from, and what checkpoints are selected on.
struct DataOptions {
  std::string train;                                     ///< a file; empty: the task's generator
  std::string valid;                                     ///< a file; empty: the generator, with another seed
  std::map<std::string, double> mixture, valid_mixture;  ///< by file or task with a generator, its weight
  std::map<std::string, double> family_weights;
  std::int64_t siblings = 0;
  bool answers_only = false;
  std::vector<std::string> exclude;
  std::int64_t valid_count = 500;
  std::int64_t max_tokens = 256;

  void fields(Fields& fields);

  /// Throws Error, naming `where`, where a mixture stands beside what it takes the place of, or alone.
  void check(const std::string& task, const std::string& where) const;
};

/// The model that every part is made of: one trained before, or one of this shape.
struct ModelOptions {
  enum class Style { llama, gpt2 };

  std::string backbone;           ///< folder of a bundle whose chain the stages start from; empty: from nothing
  BackboneCut cut;                ///< what is used of it
  bool train_embeddings = false;  ///< of a backbone; those of a model from nothing always are
  bool with_backbone = true;      ///< a bundle of adapters holds it, rather than its name
  Style style = Style::llama;
  std::int64_t layers = 5;
  std::int64_t width = 160;
  std::int64_t heads = 5;
  std::int64_t kv_heads = 0;
  std::int64_t feed_forward = 0;
  std::int64_t convolution = 0;
  TransformerConfig::Mask mask = TransformerConfig::Mask::causal;
  std::int64_t max_positions = 512;

  void fields(Fields& fields);
  TransformerConfig transformer() const;

  /// Throws Error, naming `where`, for shapes that do not fit together and for settings of a backbone that is not
  /// there.
  void check(const std::string& where) const;

 private:
  void shape_fields(Fields& fields);
};

/// The tokenizer that is trained where no backbone brings one.
struct TokenizerRecipe {
  std::int64_t vocab_size = 1024;
  std::int64_t examples = 20000;

  void fields(Fields& fields);
};

/// Everything that makes a trained model out of nothing. Read from TOML.
struct Recipe {
  /// Nothing but defaults, with a stage of each of these kinds.
  explicit Recipe(const KindList<StageKind>& kinds = stage_kinds());

  std::string name, task, out;
  std::uint64_t seed = 1;
  DataOptions data;
  ModelOptions model;
  TokenizerRecipe tokenizer;
  std::optional<LoraOptions> lora;  ///< the backbone stays as it is, and is adapted; nothing: all of it is trained
  std::vector<Choice<StageKind>> stages;  ///< in the order in which they run

  std::string text;                             ///< the file itself, for the bundle's provenance
  std::vector<std::string> changes;             ///< that it was read with, for the same
  std::map<std::string, std::string> settings;  ///< by stage, all that decides how it comes out after the stages before
                                                ///< it: lines such as "chain.steps = 7", defaults included

  void fields(Fields& fields);

  /// Throws Error, naming `where`, when a model with such a mask cannot share the texts of siblings.
  void check_mask(TransformerConfig::Mask mask, const std::string& where) const;
};

/// One table of a recipe, for the pages.
struct RecipeTable {
  std::string name;     ///< empty: what stands above all tables
  std::string summary;  ///< a sentence
  std::function<void(Fields&)> fields;
};

/// All tables, in the order of the pages. The recipe must outlive them.
std::vector<RecipeTable> recipe_tables(Recipe& recipe);

/// Reads a recipe. Throws Error with file and line for malformed TOML, wrong types, senseless numbers, and keys that
/// there are not (with the nearest that there is). Each of the `changes`, such as "seed=2" or "concept.reads=semantic",
/// takes the place of what the file says there; a value that is no TOML is a text.
Recipe read_recipe(const std::filesystem::path& path, const std::vector<std::string>& changes = {});

/// The same from text; `where` names it in errors. The stages may be of other kinds than those that there are.
Recipe parse_recipe(std::string text, const std::string& where, const std::vector<std::string>& changes = {},
                    const KindList<StageKind>& kinds = stage_kinds());

}  // namespace noema
