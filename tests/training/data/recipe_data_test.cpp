#include "training/data/recipe_data.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/error.h"
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
    if (!recipe.data.train.empty() || !recipe.data.valid.empty()) continue;
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
