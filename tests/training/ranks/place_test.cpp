#include "training/ranks/place.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace noema {
namespace {

using Environment = std::map<std::string, std::string>;

std::optional<Place> place_in(const Environment& environment) {
  return place_of([&](const std::string& name) -> std::optional<std::string> {
    const auto found = environment.find(name);
    return found == environment.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

const Environment kLaunched = {
    {"RANK", "1"}, {"WORLD_SIZE", "4"}, {"MASTER_ADDR", "head"}, {"MASTER_PORT", "2000"}, {"NOEMA_TOKEN", "t"}};
const Environment kSlurm = {{"SLURM_PROCID", "3"},      {"SLURM_NTASKS", "8"},
                            {"SLURM_STEP_ID", "0"},     {"SLURM_STEP_NODELIST", "gpu[07-09,12]"},
                            {"SLURM_JOB_ID", "123456"}, {"NOEMA_TOKEN", "t"}};

TEST(Place, ComesFromTheFieldsVariables) {
  EXPECT_FALSE(place_in({}));
  const Place place = place_in(kLaunched).value();
  EXPECT_EQ(place.rank, 1);
  EXPECT_EQ(place.size, 4);
  EXPECT_EQ(place.address, "head");
  EXPECT_EQ(place.port, 2000);
  EXPECT_EQ(place.token, "t");
  EXPECT_FALSE(place_in({{"RANK", "0"}, {"WORLD_SIZE", "1"}})) << "one alone is no run of several";
}

TEST(Place, ComesFromStepsOfSlurm) {
  const Place place = place_in(kSlurm).value();
  EXPECT_EQ(place.rank, 3);
  EXPECT_EQ(place.size, 8);
  EXPECT_EQ(place.address, "gpu07");
  EXPECT_EQ(place.port, 20000 + 123456 % 20000);
  Environment batch_script = kSlurm;
  batch_script.erase("SLURM_STEP_ID");
  EXPECT_FALSE(place_in(batch_script));
}

TEST(Place, WhatIsMissingOrSenselessIsNamed) {
  for (const auto& [name, value] : kLaunched) {
    if (name == "RANK") continue;
    Environment without = kLaunched;
    without.erase(name);
    EXPECT_THROW(place_in(without), Error) << name;
  }
  for (const auto& [name, value] : Environment{{"RANK", "4"}, {"WORLD_SIZE", "two"}, {"MASTER_PORT", "70000"}}) {
    Environment wrong = kLaunched;
    wrong[name] = value;
    try {
      place_in(wrong);
      ADD_FAILURE() << name;
    } catch (const Error& error) {
      EXPECT_EQ(error.problem().where, name);
    }
  }
}

TEST(Place, TheFirstHostOfAList) {
  EXPECT_EQ(first_host("one"), "one");
  EXPECT_EQ(first_host("one,two"), "one");
  EXPECT_EQ(first_host("n[3]"), "n3");
  EXPECT_EQ(first_host("n[003-010,20],m1"), "n003");
}

}  // namespace
}  // namespace noema
