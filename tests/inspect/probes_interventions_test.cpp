// The probes that reason again under interventions.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "decoding/intervention.h"
#include "inspect/probes/ablate.h"
#include "inspect/probes/necessity.h"
#include "inspect/probes/noise.h"
#include "inspect/watched_run.h"

namespace noema {
namespace {

class InterventionProbes : public testing::Test {
 protected:
  const Bundle bundle_ = tiny_bundle();
  const ReasonAbout reason_ = [this](const std::string& mode, const ReasoningOptions& options) {
    return watched_run(bundle_, mode, options);
  };
};

std::size_t column(const ProbeResult& result, const std::string& name) {
  for (std::size_t i = 0; i < result.columns.size(); ++i) {
    if (result.columns[i].name == name) return i;
  }
  ADD_FAILURE() << name;
  return 0;
}

void expect_well_formed(const ProbeResult& result) {
  EXPECT_FALSE(result.rows.empty());
  EXPECT_FALSE(result.conclusion.empty());
  for (const auto& row : result.rows) EXPECT_EQ(row.size(), result.columns.size());
  for (const auto& chart : result.charts) {
    column(result, chart.x);
    column(result, chart.y);
    for (const std::string& series : chart.series) column(result, series);
  }
  EXPECT_EQ(to_json(result)["kind"], "probe");
  EXPECT_NE(to_text(result).find(result.columns[0].name), std::string::npos);
}

TEST_F(InterventionProbes, NoiseHasACellForEveryPlaceAndSize) {
  const ProbeResult result = noise(reason_, watched_options(), {.sigmas = {0.0, 1.0}});
  expect_well_formed(result);
  EXPECT_EQ(result.rows.size(), 6u);
  EXPECT_EQ(result.rows[0][column(result, "n")], 6);
}

TEST_F(InterventionProbes, AblationComparesWithTheUntouchedRun) {
  const ProbeResult result = ablate(reason_, watched_options(), {.freezes = 2});
  expect_well_formed(result);
  ASSERT_EQ(result.rows.size(), 7u);
  EXPECT_EQ(result.rows[0][column(result, "ablation")], "none");
  EXPECT_EQ(result.rows[0][column(result, "changed")], 0.0);
}

TEST_F(InterventionProbes, NecessityTriesStepsThatHaveAnotherAfterThem) {
  const ProbeResult result = necessity(reason_, watched_options(), {.max_steps = 5});
  expect_well_formed(result);
  EXPECT_EQ(result.rows.size(), 6u) << "two steps of three, three changes each";
}

TEST_F(InterventionProbes, NecessityFindsTheStepThatAnswersHangOn) {
  const ReasonAbout scripted = [](const std::string&, const ReasoningOptions& options) {
    std::vector<RecordedTrajectory> recorded(10);
    for (RecordedTrajectory& one : recorded) {
      one.trajectory.steps.resize(3);
      one.trajectory.answer = "park";
      one.right = true;
      if (!options.intervention) continue;
      Random random(1);
      Random* pointer = &random;
      const std::size_t question = 0;
      const torch::Tensor fed =
          options.intervention->on_fed_back(torch::ones({1, 2}), {{&question, 1}, {&pointer, 1}, 1});
      if (fed.equal(torch::ones({1, 2}))) continue;  // only the second step matters
      one.trajectory.answer = "attic";
      one.right = false;
    }
    return recorded;
  };
  const ProbeResult result = necessity(scripted, {}, {.max_steps = 4});
  for (const auto& row : result.rows) EXPECT_EQ(row[column(result, "answers changed")], row[0] == 2 ? 1.0 : 0.0);
  EXPECT_NE(result.conclusion.find("step 2"), std::string::npos);
}

}  // namespace
}  // namespace noema
