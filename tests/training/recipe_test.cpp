#include "training/recipe.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace noema {
namespace {

const std::string kHead = "name = \"tiny\"\ntask = \"stories\"\nout = \"out\"\n";

/// The message of the Error that parsing ends with.
std::string complaint(const std::string& text) {
  try {
    parse_recipe(text, "r.toml");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

const StageKind& stage_of(const Recipe& recipe, const std::string& name) {
  return **std::find_if(recipe.stages.begin(), recipe.stages.end(),
                        [&](const auto& stage) { return stage->name() == name; });
}

TEST(Recipe, ReadsWhatIsGivenAndKeepsDefaultsElsewhere) {
  const Recipe recipe = parse_recipe(
      kHead + "[model]\nlayers = 3\nwidth = 48\nheads = 4\n[concept]\nsteps = 7\nreads = \"semantic\"\n", "r.toml");
  EXPECT_EQ(recipe.model.layers, 3);
  EXPECT_EQ(recipe.model.transformer().kv_heads, 4);
  EXPECT_EQ(recipe.model.transformer().feed_forward, 4 * 48);
  EXPECT_EQ(stage_of(recipe, "concept").training.steps, 7);
  EXPECT_TRUE(recipe.data.family_weights.empty());
  const std::string& settings = recipe.settings.at("concept");
  EXPECT_NE(settings.find("concept.reads = \"semantic\"\n"), std::string::npos) << settings;
  EXPECT_NE(settings.find("concept.writes = \"contextual\"\n"), std::string::npos) << settings;
  EXPECT_DOUBLE_EQ(stage_of(recipe, "chain").training.clip, StageOptions().clip);
}

TEST(Recipe, SuggestsTheKeyThatWasMeant) {
  const std::string message = complaint(kHead + "[chain]\nlearning_rat = 0.1\n");
  EXPECT_NE(message.find("line 5"), std::string::npos) << message;
  EXPECT_NE(message.find("did you mean \"learning_rate\"?"), std::string::npos) << message;
  EXPECT_NE(complaint(kHead + "[chian]\nsteps = 1\n").find("did you mean \"chain\"?"), std::string::npos);
}

TEST(Recipe, APrefixMaskGoesWithoutSiblings) {
  const std::string prefix = "[model]\nmask = \"prefix\"\n";
  EXPECT_EQ(parse_recipe(kHead + prefix, "r.toml").model.mask, TransformerConfig::Mask::prefix);
  EXPECT_NE(complaint(kHead + prefix + "[data]\nsiblings = 2\n").find("found siblings"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[model]\nmask = \"full\"\n").find("\"causal\", \"prefix\""), std::string::npos);
}

TEST(Recipe, ReadsWeightsOfFamilies) {
  const Recipe recipe = parse_recipe(kHead + "[data]\nfamily_weights = {count = 2.5, order = 1}\n", "r.toml");
  EXPECT_EQ(recipe.data.family_weights, (std::map<std::string, double>{{"count", 2.5}, {"order", 1.0}}));
  EXPECT_NE(complaint(kHead + "[data]\nfamily_weights = {count = 0}\n").find("line 5"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[data]\nfamily_weights = 2\n").find("a table of numbers"), std::string::npos);
}

TEST(Recipe, ChangesTakeThePlaceOfWhatItSays) {
  const std::string text = kHead + "seed = 1\n[chain]\nsteps = 5\nbatch = 8\n";
  const std::vector<std::string> changes = {"seed=2", "chain.steps=7", "concept.reads=semantic",
                                            "data.exclude=[\"a.json\"]", "data.answers_only=true"};
  const Recipe recipe = parse_recipe(text, "r.toml", changes);
  EXPECT_EQ(recipe.seed, 2U);
  EXPECT_EQ(stage_of(recipe, "chain").training.steps, 7);
  EXPECT_EQ(stage_of(recipe, "chain").training.batch, 8);
  EXPECT_NE(recipe.settings.at("concept").find("concept.reads = \"semantic\"\n"), std::string::npos);
  EXPECT_EQ(recipe.data.exclude, (std::vector<std::string>{"a.json"}));
  EXPECT_TRUE(recipe.data.answers_only);
  EXPECT_EQ(recipe.text, text);
  EXPECT_EQ(recipe.changes, changes);
}

TEST(Recipe, ChangesCanLeaveNothingExcluded) {
  const std::string text = kHead + "[data]\nexclude = [\"a.json\"]\n";
  EXPECT_TRUE(parse_recipe(text, "r.toml", {"data.exclude=[]"}).data.exclude.empty());
  EXPECT_NE(complaint(kHead + "[data]\nexclude = [1]\n").find("a list of texts"), std::string::npos);
}

TEST(Recipe, RefusesSenselessChanges) {
  const auto complaint_of = [](const std::string& change) {
    try {
      parse_recipe(kHead + "[chain]\nsteps = 5\n", "r.toml", {change});
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  EXPECT_NE(complaint_of("seed").find("KEY=VALUE"), std::string::npos);
  EXPECT_NE(complaint_of("name.x=1").find("KEY=VALUE"), std::string::npos);
  EXPECT_NE(complaint_of("chain.steps=many").find("a change to r.toml: steps"), std::string::npos);
  EXPECT_NE(complaint_of("chain.step=4").find("did you mean \"steps\"?"), std::string::npos);
  EXPECT_NE(complaint_of("data.answers_only=1").find("true or false"), std::string::npos);
  EXPECT_NE(complaint_of("=").find("a change to r.toml"), std::string::npos);
}

TEST(Recipe, ABackboneBringsItsArchitectureAndItsTokenizer) {
  const std::string head = kHead + "[model]\nbackbone = \"lm\"\n";
  EXPECT_EQ(parse_recipe(head, "r.toml").model.backbone, "lm");
  for (const char* beside :
       {"layers = 2\n", "mask = \"prefix\"\n", "style = \"gpt2\"\n", "[tokenizer]\nvocab_size = 500\n"}) {
    const std::string message = complaint(head + beside);
    EXPECT_NE(message.find("nothing besides a backbone, which brings its own"), std::string::npos) << message;
  }
}

TEST(Recipe, LoraNeedsABackboneAndMapsThatThereAre) {
  const std::string head = kHead + "[model]\nbackbone = \"lm\"\n[lora]\n";
  EXPECT_FALSE(parse_recipe(kHead, "r.toml").lora);
  EXPECT_EQ(to_json(*parse_recipe(head, "r.toml").lora), to_json(LoraOptions()));
  const auto lora = parse_recipe(head + "rank = 4\nalpha = 8\ntargets = [\"feed_forward.in\"]\n", "r.toml").lora;
  EXPECT_EQ(to_json(*lora), to_json(LoraOptions{.rank = 4, .alpha = 8.0, .targets = {"feed_forward.in"}}));
  EXPECT_NE(complaint(kHead + "[lora]\nrank = 4\n").find("a backbone in [model]"), std::string::npos);
  for (const char* key :
       {"backbone_layers = 2", "backbone_pieces = 400", "train_embeddings = true", "with_backbone = false"}) {
    EXPECT_NE(complaint(kHead + "[model]\n" + key + "\n").find("a backbone besides"), std::string::npos) << key;
  }
  EXPECT_NE(complaint(head + "rank = 0\n").find("line 7: rank"), std::string::npos);
  EXPECT_NE(complaint(head + "alpha = 0\n").find("alpha"), std::string::npos);
  EXPECT_NE(complaint(head + "targets = [\"qkv\"]\n").find("attention.qkv, attention.out"), std::string::npos);
  EXPECT_NE(complaint(head + "ranks = 4\n").find("did you mean \"rank\"?"), std::string::npos);
}

TEST(Recipe, RefusesWrongTypesSenselessNumbersAndBrokenToml) {
  EXPECT_NE(complaint(kHead + "[chain]\nsteps = \"many\"\n").find("found 'many'"), std::string::npos)
      << complaint(kHead + "[chain]\nsteps = \"many\"\n");
  EXPECT_NE(complaint(kHead + "[semantic]\nchain_weight = 1\n").find("a known key of [semantic]"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[chain]\nsteps = -1\n").find("whole number"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[chain]\nlearning_rate = nan\n").find("learning_rate"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[model]\nwidth = 50\nheads = 4\n").find("divisor"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[concept]\nhead = \"magic\"\n").find("decoding"), std::string::npos);
  EXPECT_NE(complaint(kHead + "[chain\n").find("line 4"), std::string::npos);
  EXPECT_NE(complaint("task = \"stories\"\nout = \"x\"\n").find("\"name\""), std::string::npos);
}

}  // namespace
}  // namespace noema
