// The probes that reason again under interventions.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "decoding/intervention.h"
#include "inspect/probes/ablate.h"
#include "inspect/probes/hybrid.h"
#include "inspect/probes/interchange.h"
#include "inspect/probes/necessity.h"
#include "inspect/probes/noise.h"
#include "inspect/watched_run.h"
#include "tasks/examples.h"

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

TEST_F(InterventionProbes, NoiseIsPutWhereItsRowSays) {
  // Right where what is fed back, or what is written, is as it was.
  const auto untouched = [](bool is_fed_back) -> ReasonAbout {
    return [=](const std::string&, const ReasoningOptions& options) {
      Random random(1);
      Random* pointer = &random;
      const std::size_t zero = 0;
      const LatentRows rows{{&zero, 1}, {&pointer, 1}, {&zero, 1}};
      const torch::Tensor here = torch::ones({1, 4});
      RecordedTrajectory recorded;
      recorded.right = (is_fed_back ? options.intervention->on_fed_back(here, rows)
                                    : options.intervention->on_predicted({here, here}, rows).embedding)
                           .equal(here);
      return std::vector{recorded};
    };
  };
  const NoiseOptions always{.sigmas = {0.0, 1.0}, .probability = 1.0};
  const ProbeResult fed_back = noise(untouched(true), {}, always), written = noise(untouched(false), {}, always);
  for (std::size_t i = 0; i < 6; ++i) {
    const auto& row = fed_back.rows.at(i);
    const bool is_noisy = row[column(fed_back, "sigma")] == 1.0, is_out = row[column(fed_back, "place")] == "text out";
    EXPECT_EQ(row[column(fed_back, "accuracy")], is_noisy && !is_out ? 0.0 : 1.0) << i;
    EXPECT_EQ(written.rows.at(i)[column(written, "accuracy")], is_noisy && is_out ? 0.0 : 1.0) << i;
  }
}

TEST_F(InterventionProbes, AblationsReplaceWhatIsFedBack) {
  std::vector<double> seen;  // by ablation, what the second step is fed
  const ReasonAbout scripted = [&](const std::string&, const ReasoningOptions& options) {
    Random random(1);
    Random* pointer = &random;
    torch::Tensor fed;
    for (const std::size_t step : {0u, 1u}) {
      const std::size_t question = 0;
      fed = options.intervention->on_fed_back(torch::tensor({{1.0 + 2.0 * static_cast<double>(step), 4.0}}),
                                              {{&question, 1}, {&pointer, 1}, {&step, 1}});
    }
    seen.push_back(fed[0][0].item<double>());
    RecordedTrajectory recorded;
    recorded.right = seen.back() == 3.0;
    recorded.trajectory.answer = *recorded.right ? "park" : "attic";
    return std::vector{recorded};
  };
  const ProbeResult result = ablate(scripted, {}, {.freezes = 1});
  ASSERT_EQ(seen.size(), 6u);
  EXPECT_EQ(seen[0], 3.0) << "untouched";
  EXPECT_EQ(seen[1], 0.0) << "zero";
  EXPECT_EQ(seen[2], 2.0) << "mean of 1 and 3";
  EXPECT_EQ(seen[3], 0.0) << "nobody to exchange with";
  EXPECT_EQ(seen[5], 1.0) << "frozen after the first step";
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(result.rows.at(i)[column(result, "accuracy")], i == 0 ? 1.0 : 0.0) << i;
    EXPECT_EQ(result.rows[i][column(result, "changed")], i == 0 ? 0.0 : 1.0) << i;
  }
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
      const std::size_t question = 0, step = 1;
      const torch::Tensor fed =
          options.intervention->on_fed_back(torch::ones({1, 2}), {{&question, 1}, {&pointer, 1}, {&step, 1}});
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

TEST_F(InterventionProbes, HybridGoesFromDiscretizedToContinuousAndSaysWhatTellsErrors) {
  const auto half_right = [this](const RunOptions& run) -> ReasonAbout {
    return [this, run](const std::string& mode, const ReasoningOptions& options) {
      auto recorded = watched_run(bundle_, mode, options, nullptr, run);
      for (std::size_t i = 0; i < recorded.size(); ++i) recorded[i].right = i % 2 == 0;
      return recorded;
    };
  };
  const auto results = hybrid(bundle_, half_right({.count_flops = true}), half_right({.read_steps = true}),
                              watched_options(), {.shares = {0.9, 0.2}});
  ASSERT_EQ(results.size(), 2u);
  for (const ProbeResult& result : results) expect_well_formed(result);
  EXPECT_EQ(results[0].rows.size(), 3u) << "the tiny model has no readout";
  const ProbeResult& curve = results[1];
  const std::size_t written = column(curve, "steps written");
  ASSERT_EQ(curve.rows.size(), 4u);
  EXPECT_EQ(curve.rows[0][written], 1.0) << "discretized";
  EXPECT_GE(curve.rows[1][written], curve.rows[2][written]);
  EXPECT_GT(curve.rows[1][written], 0.0);
  EXPECT_EQ(curve.rows[3][written], 0.0) << "continuous";
  const ReasonAbout nothing = [](const auto&, const auto&) { return std::vector<RecordedTrajectory>(); };
  EXPECT_THROW(hybrid(bundle_, nothing, nothing, watched_options()), Error);
}

TEST_F(InterventionProbes, HybridChoosesMeasureAndThresholdsOnOtherQuestions) {
  const auto judged = [this](std::size_t wrong) -> ReasonAbout {
    return [this, wrong](const std::string& mode, const ReasoningOptions& options) {
      auto recorded = watched_run(bundle_, mode, options);
      for (std::size_t i = 0; i < recorded.size(); ++i) recorded[i].right = i >= wrong;
      return recorded;
    };
  };
  const auto results =
      hybrid(bundle_, judged(2), judged(1), watched_options(), {.shares = {0.5}, .chosen_on_others = true});
  for (const auto& row : results[0].rows) EXPECT_EQ(row[column(results[0], "wrong")], 1);
  EXPECT_NE(results[1].conclusion.find("chosen on other questions"), std::string::npos);
  const double right = results[1].rows.front()[column(results[1], "accuracy")];
  EXPECT_DOUBLE_EQ(right, 1.0 - 2.0 / static_cast<double>(tiny_questions().size()));
}

TEST_F(InterventionProbes, InterchangePutsTheTwinsConceptInItsPlace) {
  const auto task = make_task("stories");
  std::vector<Example> examples;
  for (const std::string& question : tiny_questions()) {
    Example twin{"Where is the ball?", {"Ann took it.", "Ida has it.", "### attic"}, "attic", {}};
    examples.push_back({question, {"Ann took it.", "Tom has it.", "### park"}, "park", {}});
    if (examples.size() > 1) keep_twin(examples.back(), {twin, 1});
  }
  // Answers "attic" only where something has taken the place of the second concept.
  const ReasonAboutExamples scripted = [&](const std::string&, const std::vector<Example>& asked,
                                           const ReasoningOptions& options) {
    const bool are_twins = asked[0].question == "Where is the ball?";
    std::vector<RecordedTrajectory> recorded(asked.size());
    for (std::size_t i = 0; i < asked.size(); ++i) {
      Trajectory& trajectory = recorded[i].trajectory;
      trajectory.steps.resize(3);
      for (Step& step : trajectory.steps) step.concept_ = torch::full({32}, are_twins ? 2.0 : 1.0);
      const torch::Tensor here = torch::ones({1, 32});
      Concept predicted{here, here};
      const std::size_t step = 1;
      if (options.intervention) predicted = options.intervention->on_predicted(predicted, {{&i, 1}, {}, {&step, 1}});
      trajectory.answer = predicted.embedding.equal(here) ? "park" : "attic";
    }
    return recorded;
  };
  const ProbeResult result = interchange(bundle_, *task, examples, scripted, {}, {.by_sentence = false});
  expect_well_formed(result);
  ASSERT_EQ(result.rows.size(), 2u);
  EXPECT_EQ(result.rows[0][column(result, "n")], 5) << "one question has no twin";
  EXPECT_EQ(result.rows[0][column(result, "follow")], 0.0);
  EXPECT_EQ(result.rows[0][column(result, "stay")], 1.0);
  EXPECT_EQ(result.rows[1][column(result, "follow")], 1.0);
  EXPECT_THROW(interchange(bundle_, *task, {examples[0]}, scripted, {}), Error);
}

TEST_F(InterventionProbes, InterchangeAlsoFindsAConceptForTheSentence) {
  const auto task = make_task("stories");
  std::vector<Example> examples;
  for (const std::string& question : tiny_questions()) {
    examples.push_back({question, {"Ann took it.", "### park"}, "park", {}});
    keep_twin(examples.back(), {{"Where is the ball?", {"Tom took it.", "### attic"}, "attic", {}}, 0});
  }
  const ReasonAboutExamples reason = [&](const std::string& mode, const std::vector<Example>&,
                                         const ReasoningOptions& options) {
    return watched_run(bundle_, mode, options);
  };
  const ProbeResult result =
      interchange(bundle_, *task, examples, reason, watched_options(), {.steering = {.max_iterations = 3}});
  expect_well_formed(result);
  EXPECT_EQ(result.rows.size(), 3u);
}

}  // namespace
}  // namespace noema
