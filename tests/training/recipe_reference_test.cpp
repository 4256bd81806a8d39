#include "training/recipe_reference.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

TEST(RecipesPage, IsWhatTheProgramReads) {
  EXPECT_EQ(read_file(std::string(NOEMA_SOURCE_FOLDER) + "/docs/recipes.md"), recipes_page())
      << "make it again: scripts/noema train --keys --markdown > docs/recipes.md";
}

TEST(RecipeKeys, SayWhichChoiceTheyBelongTo) {
  Recipe recipe;
  std::string found;
  for (const RecipeTable& table : recipe_tables(recipe)) {
    for (const RecipeKey& key : recipe_keys(table)) {
      if (key.name == "kl_weight") found += table.name + ": " + key.only_with + "; ";
      EXPECT_FALSE(key.effect.empty()) << table.name << '.' << key.name;
    }
  }
  EXPECT_EQ(found, "semantic: bottleneck = \"gaussian\"; contextual: bottleneck = \"gaussian\"; ");
}

TEST(RecipeKeys, OfATableThatThereIsNotAreAnError) {
  EXPECT_EQ(describe_keys("chain").find("[semantic]"), std::string::npos);
  try {
    describe_keys("chian");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"chain\"?"), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace noema
