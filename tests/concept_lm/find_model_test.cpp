#include "concept_lm/find_model.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"

namespace noema {
namespace {

/// Two folders of models: "first" has a and stories, "second" b and stories.
class FindModel : public testing::Test {
 protected:
  FindModel() {
    for (const char* name : {"first/a", "first/stories", "second/b", "second/stories"}) {
      std::filesystem::create_directories(root_ / name);
      std::ofstream(root_ / name / "noema.json") << "{}";
    }
    std::filesystem::create_directories(root_ / "first/empty");
  }
  ~FindModel() override { std::filesystem::remove_all(root_); }

  const std::filesystem::path root_ =
      std::filesystem::temp_directory_path() / ("noema-find-" + std::to_string(::getpid()));
  const std::vector<std::filesystem::path> folders_ = {root_ / "first", root_ / "second", root_ / "nowhere"};
};

TEST_F(FindModel, ByNameInTheFirstFolderThatHasIt) {
  EXPECT_EQ(find_model("a", folders_), root_ / "first/a");
  EXPECT_EQ(find_model("b", folders_), root_ / "second/b");
  EXPECT_EQ(find_model("stories", folders_), root_ / "first/stories");
  EXPECT_EQ(find_model("", folders_), root_ / "first/stories") << "the default";
}

TEST_F(FindModel, OrByItsFolder) {
  const std::string folder = (root_ / "second/b").string();
  EXPECT_EQ(find_model(folder, {}), folder);
  EXPECT_TRUE(is_model(folder, {}));
}

TEST_F(FindModel, WhatIsNoneIsRefusedWithTheNamesThereAre) {
  for (const std::string& name : {std::string("c"), std::string("empty"), std::string("../first/a"),
                                  (root_ / "first").string(), std::string(10'000, 'x')}) {
    EXPECT_FALSE(is_model(name, folders_)) << name;
    try {
      find_model(name, folders_);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      for (const char* known : {"a", "b", "stories"}) {
        EXPECT_NE(error.problem().remedy.find(known), std::string::npos) << error.what();
      }
      EXPECT_EQ(error.problem().remedy.find("empty"), std::string::npos) << error.what();
    }
  }
}

TEST_F(FindModel, ModelsAreLookedForWhereTheEnvironmentSaysBeforeThoseThatShip) {
  ASSERT_EQ(::setenv("NOEMA_MODELS", (root_ / "second").c_str(), 1), 0);
  const auto folders = model_folders();
  EXPECT_EQ(find_model("stories"), root_ / "second/stories");
  EXPECT_EQ(find_model("prosqa"), std::filesystem::path(NOEMA_SOURCE_FOLDER) / "models/prosqa");
  ASSERT_EQ(::unsetenv("NOEMA_MODELS"), 0);
  EXPECT_EQ(folders.front(), root_ / "second");
  EXPECT_EQ(find_model("stories"), std::filesystem::path(NOEMA_SOURCE_FOLDER) / "models/stories");
}

}  // namespace
}  // namespace noema
