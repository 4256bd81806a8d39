#include "training/recipe.h"

#include "base/error.h"

namespace noema {

void DataOptions::fields(Fields& fields) {
  fields.add("train", train, "file of examples to train on; without it the task's generator makes them");
  fields.add(
      "valid", valid,
      "file of examples that checkpoints are selected on, never trained on; without it the generator makes them, "
      "with another seed");
  fields.add("mixture", mixture, {1e-3, 1e6},
             "in place of train: files and tasks with a generator, each with its weight: {\"stories\" = 3, "
             "\"data/babi/train.json\" = 1}. The recipe's task is \"questions\"");
  fields.add("valid_mixture", valid_mixture, {1e-3, 1e6}, "in place of valid, for a mixture");
  fields.add("answers_only", answers_only, "leaves the answer only of all the reasoning: a model that answers at once");
  fields.add("exclude", exclude, "files whose questions are never trained on");
  fields.add("family_weights", family_weights, {1e-3, 1000.0},
             "how much likelier than 1 the generator's families are trained on");
  fields.add("siblings", siblings, {0, 64}, "further questions about each text, which is read once for all of them");
  fields.add("valid_count", valid_count, {1, 100'000}, "questions that checkpoints are selected on");
  fields.add("max_tokens", max_tokens, {8, 1 << 16}, "longer examples are left out");
}

void DataOptions::check(const std::string& task, const std::string& where) const {
  if (mixture.empty() && valid_mixture.empty()) return;
  if (mixture.empty() || valid_mixture.empty()) {
    throw Error({where, "a mixture and a valid_mixture", "one of them", "give both, or neither"});
  }
  if (!train.empty() || !valid.empty() || !family_weights.empty() || siblings > 0) {
    throw Error(
        {where, "neither train, valid, family_weights nor siblings besides a mixture", "one of them", "leave it out"});
  }
  if (task != "questions") {
    throw Error({where + " mixture", "task = \"questions\", the form that all sources have in common", task,
                 "change the task"});
  }
}

void ModelOptions::fields(Fields& fields) {
  fields
      .add("backbone", backbone,
           "bundle or shipped model whose chain the stages start from, with its architecture and its tokenizer")
      .then = [this](Fields& all) {
    if (backbone.empty()) return shape_fields(all);
    all.refuse(
        {"style", "layers", "width", "heads", "kv_heads", "feed_forward", "convolution", "mask", "max_positions"},
        "nothing besides a backbone, which brings its own");
  };
  cut.fields(fields);
  fields.add("train_embeddings", train_embeddings,
             "trains a backbone's embeddings, too: pieces that the training texts lack then drift from the others");
  fields.add("with_backbone", with_backbone,
             "a bundle of adapters holds the backbone; false: it names it, and a model of that name must be there");
}

void ModelOptions::check(const std::string& where) const {
  if (!backbone.empty()) return;
  if (cut.layers > 0 || cut.pieces > 0 || train_embeddings || !with_backbone) {
    throw Error({where, "a backbone besides backbone_layers, backbone_pieces, train_embeddings and with_backbone",
                 "none", "name one, or leave them out"});
  }
  transformer().check(where);
}

void ModelOptions::shape_fields(Fields& fields) {
  Field& chosen = fields.add("style", style, {{"llama", Style::llama}, {"gpt2", Style::gpt2}},
                             "rotary positions, RMSNorm and SwiGLU, or learned positions, LayerNorm and GELU");
  chosen.choices = {"llama", "gpt2"};
  chosen.then = [this](Fields& all) {
    if (style == Style::gpt2) return;
    all.add("kv_heads", kv_heads, {0, 1 << 10}, "heads of keys and values; 0: as many as heads");
  };
  fields.add("layers", layers, {1, 1024}, "of the backbone");
  fields.add("width", width, {1, 1 << 16}, "of its hidden states");
  fields.add("heads", heads, {1, 1 << 10}, "of its attention; they divide the width");
  fields.add("feed_forward", feed_forward, {0, 1 << 18}, "hidden width of its feed-forward blocks; 0: 4 × width");
  fields.add("convolution", convolution, {0, 16},
             "taps of a causal convolution over queries, keys and values (Primer); 0: none");
  fields.add("mask", mask, {{"causal", TransformerConfig::Mask::causal}, {"prefix", TransformerConfig::Mask::prefix}},
             "prefix: the tokens of a question all see each other");
  fields.add("max_positions", max_positions, {16, 1 << 16}, "longest row");
}

TransformerConfig ModelOptions::transformer() const {
  TransformerConfig config = style == Style::gpt2 ? gpt2_style(layers, width, heads, max_positions)
                                                  : llama_style(layers, width, heads, kv_heads > 0 ? kv_heads : heads,
                                                                4 * width, max_positions);
  if (feed_forward > 0) config.feed_forward = feed_forward;
  config.convolution = convolution;
  config.mask = mask;
  return config;
}

void TokenizerRecipe::fields(Fields& fields) {
  fields.add("vocab_size", vocab_size, {260, 1 << 20}, "pieces");
  fields.add("examples", examples, {1, 10'000'000}, "that it is trained on");
}

Recipe::Recipe(const KindList<StageKind>& kinds) {
  for (const std::string& stage : kinds.names()) stages.emplace_back(kinds, stage);
}

void Recipe::fields(Fields& fields) {
  fields.add("name", name, "of the model and of its run");
  fields.add("task", task, "whose questions are learnt; noema data --help has the names");
  fields.add("seed", seed, "of weights, data order and dropout");
  fields.add("out", out, "folder of the bundle");
}

void Recipe::check_mask(TransformerConfig::Mask mask, const std::string& where) const {
  if (mask == TransformerConfig::Mask::causal || data.siblings == 0) return;
  throw Error({where, "no siblings besides a prefix mask: its questions are read whole", "siblings", "leave them out"});
}

std::vector<RecipeTable> recipe_tables(Recipe& recipe) {
  std::vector<RecipeTable> tables = {
      {"", "what stands above all tables", [&](Fields& fields) { recipe.fields(fields); }},
      {"data", "what is learnt from", [&](Fields& fields) { recipe.data.fields(fields); }},
      {"model", "the backbone of every part", [&](Fields& fields) { recipe.model.fields(fields); }},
      {"tokenizer", "the pieces of text, where no backbone brings them", [&](Fields& fields) {
         if (recipe.model.backbone.empty()) return recipe.tokenizer.fields(fields);
         fields.refuse({"vocab_size", "examples"}, "nothing besides a backbone, which brings its own");
       }}};
  if (recipe.lora) {
    tables.push_back(
        {"lora", "adapters that learn in place of the backbone", [&](Fields& fields) { recipe.lora->fields(fields); }});
  }
  for (Choice<StageKind>& stage : recipe.stages) {
    tables.push_back({stage->name(), stage->summary(), [&](Fields& fields) { stage->fields(fields); }});
  }
  return tables;
}

}  // namespace noema
