#include "training/data/recipe_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
#include "tests/support/temporary_folder.h"
#include "training/recipe.h"

namespace noema {
namespace {

Recipe recipe(const std::string& task, const std::string& data, const std::string& rest = "") {
  return parse_recipe("name = \"a\"\ntask = \"" + task + "\"\nout = \"b\"\n[data]\n" + data + "\n" + rest, "r.toml");
}

std::string complaint(const Recipe& recipe) {
  try {
    const RecipeData data(recipe);
  } catch (const Error& error) {
    return error.what();
  }
  return "none";
}

TEST(RecipeData, CompanionsThatThereAreNoneOfAreRefused) {
  const std::string siblings = "siblings = 2", twins = "[concept]\ntwins = 0.5\n";
  EXPECT_EQ(complaint(recipe("prosqa-small", siblings)), "none");
  EXPECT_EQ(complaint(recipe("stories", "", twins)), "none");
  EXPECT_EQ(complaint(recipe("stories", siblings)),
            "[data] siblings: expected training questions that have siblings, found those of stories; leave it out");
  EXPECT_NE(complaint(recipe("prosqa-small", "", twins)).find("[concept] twins: expected"), std::string::npos);
  EXPECT_NE(complaint(recipe("stories", "answers_only = true", twins)).find("those of stories, answers alone"),
            std::string::npos);
  EXPECT_NE(complaint(recipe("stories", "train = \"a.json\"", twins)).find("found a file"), std::string::npos);
  EXPECT_NE(complaint(recipe("prosqa", "train = \"a.json\"\n" + siblings)).find("found a file"), std::string::npos);
  EXPECT_EQ(complaint(recipe("prosqa-small", "", twins + "steps = 0\n")), "none") << "no stage asks for them";
}

TEST(RecipeData, ATaskWithoutAGeneratorNeedsFiles) {
  EXPECT_NE(complaint(recipe("questions", "")).find("[data] train: expected a file"), std::string::npos);
}

TEST(RecipeData, NoStageOfAGeneratorSeesTheQuestionsOfAnother) {
  const RecipeData data(recipe("stories", ""));
  EXPECT_EQ(data.training_of(0)->get(5).example.question, data.training->get(5).example.question);
  EXPECT_NE(data.training_of(1)->get(5).example.question, data.training->get(5).example.question);
}

TEST(RecipeData, AMixtureHasEachSourceByItsWeightAndNothingOfTheValidationFiles) {
  const test::TemporaryFolder folder;
  const std::string train = folder.file("train.json", R"([{"question": "2+3?", "steps": ["2+3=5"], "answer": "5"},
    {"question": "kept back?", "steps": [], "answer": "yes"}, {"question": "1+1?", "steps": [], "answer": 2}])");
  const std::string valid = folder.file("valid.json", R"([{"question": "kept back?", "steps": [], "answer": "yes"}])");
  const std::string mixtures =
      "mixture = {\"stories\" = 3, \"" + train + "\" = 1}\nvalid_mixture = {\"stories\" = 1, \"" + valid + "\" = 1}";
  const RecipeData data(recipe("questions", mixtures));
  std::map<std::string, int> families;
  for (std::uint64_t i = 0; i < 1024; ++i) {
    const Example example = data.training_of(2)->get(i).example;
    ++families[example.extra["family"]];
    EXPECT_NE(example.question, "kept back?");
    EXPECT_TRUE(data.task->answer_in(data.task->reasoning(example).back()));
  }
  EXPECT_EQ(families, (std::map<std::string, int>{{"stories", 768}, {train, 256}}));
  const auto complaint_of = [](const std::string& task, const std::string& lines) {
    try {
      recipe(task, lines);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  EXPECT_NE(complaint_of("stories", mixtures).find("task = \"questions\""), std::string::npos);
  EXPECT_NE(complaint_of("questions", mixtures + "\ntrain = \"a\"").find("leave it out"), std::string::npos);
  EXPECT_NE(complaint_of("questions", "mixture = {\"stories\" = 1}").find("give both"), std::string::npos);
  const std::string files = "mixture = {\"gsm8k\" = 1}\nvalid_mixture = {\"stories\" = 1}";
  EXPECT_NE(complaint(recipe("questions", files)).find("a task with a generator"), std::string::npos);
}

/// The recipes that come with the program, by name.
std::vector<std::filesystem::path> shipped_recipes() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(NOEMA_SOURCE_FOLDER "/recipes")) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

TEST(ShippedRecipes, AreReadAndTheirGeneratorsGiveABatch) {
  std::size_t generated = 0;
  for (const std::filesystem::path& file : shipped_recipes()) {
    SCOPED_TRACE(file.filename());
    const Recipe recipe = read_recipe(file, {"data.exclude=[]"});  // the files are not in the repository
    EXPECT_NO_THROW(make_task(recipe.task));
    if (!recipe.data.train.empty() || !recipe.data.valid.empty() || !recipe.data.mixture.empty()) continue;
    ++generated;
    const RecipeData data(recipe);
    for (std::uint64_t i = 0; i < 64; ++i) {
      const ExampleGroup group = data.training->get(i, {.siblings = static_cast<std::size_t>(recipe.data.siblings)});
      const std::vector<std::string> reasoning = data.task->reasoning(group.example);
      const auto answer = data.task->answer_in(reasoning.back());
      ASSERT_TRUE(answer) << reasoning.back();
      EXPECT_TRUE(data.task->is_right(group.example, *answer)) << *answer;
      EXPECT_NE(group.example.question, data.validation->get(i).example.question);
      if (recipe.data.answers_only) EXPECT_EQ(reasoning.size(), 1u);
    }
  }
  EXPECT_GT(generated, 4u);
}

}  // namespace
}  // namespace noema
