#include "inspect/records/evaluation.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"

namespace noema {
namespace {

Trajectory trajectory(const std::vector<std::string>& sentences, bool latent = true) {
  Trajectory made;
  made.mode = latent ? "continuous" : "chain";
  for (const std::string& sentence : sentences) {
    Step step;
    step.is_written = true;
    step.text = sentence;
    if (latent) step.concept_ = torch::ones({4}) * static_cast<double>(made.steps.size() + 1);
    if (latent) step.stop_probability = sentence.starts_with("###") ? 0.9 : 0.1;
    made.steps.push_back(step);
  }
  made.answer = make_task("stories")->answer_in(sentences.back());
  made.cost.prefill_ms = 1.0;
  made.cost.reasoning_ms = 2.0;
  return made;
}

const Example kExample{"Where?", {"Tom has it.", "### park"}, "park", {}};

TEST(Wilson, MatchesKnownIntervals) {
  EXPECT_NEAR(wilson(0, 10).high, 0.2775, 1e-4);
  EXPECT_NEAR(wilson(5, 10).low, 0.2366, 1e-4);
  EXPECT_NEAR(wilson(5, 10).high, 0.7634, 1e-4);
  EXPECT_NEAR(wilson(10, 10).high, 1.0, 1e-12);
}

TEST(Quantiles, AreInterpolated) {
  EXPECT_NEAR(quantiles({4.0, 1.0, 3.0, 2.0}).p50, 2.5, 1e-12);
  EXPECT_NEAR(quantiles({7.0}).p99, 7.0, 1e-12);
}

TEST(Evaluation, CountsRightValidAndStoppedAtTheAnswer) {
  const auto task = make_task("stories");
  const std::vector<RecordedTrajectory> judged = {judge(0, trajectory({"Tom has it.", "### park"}), kExample, *task),
                                                  judge(1, trajectory({"Ann has it.", "### Park"}), kExample, *task),
                                                  judge(2, trajectory({"Tom has it.", "### attic"}), kExample, *task),
                                                  judge(3, trajectory({"Tom has it."}), kExample, *task)};
  const Evaluation evaluation = evaluate("continuous", judged, *task);
  EXPECT_DOUBLE_EQ(evaluation.accuracy, 0.5);
  EXPECT_DOUBLE_EQ(*evaluation.validity, 0.75);
  EXPECT_DOUBLE_EQ(*evaluation.stop_accuracy, 1.0);
  EXPECT_DOUBLE_EQ(*evaluate("continuous", judged, *task, 0.95).stop_accuracy, 4.0 / 7.0) << "no answer is stopped at";
  EXPECT_DOUBLE_EQ(evaluation.total_ms.p50, 3.0);
  const nlohmann::json json = to_json(evaluation);
  EXPECT_EQ(json["n"], 4);
  EXPECT_EQ(json["ci95"].size(), 2u);
  EXPECT_THROW(evaluate("chain", {}, *task), Error);
}

TEST(Evaluation, CostsAreMeansAndQuantilesOverTheQuestions) {
  const auto task = make_task("stories");
  std::vector<RecordedTrajectory> judged;
  for (const std::int64_t cost : {1, 2, 6}) {
    Trajectory made = trajectory(std::vector<std::string>(static_cast<std::size_t>(cost), "Tom has it."));
    made.cost = {.passes = 2 * cost,
                 .tokens = 10 * cost,
                 .flops = 4e9 * static_cast<double>(cost),
                 .prefill_flops = 1e9 * static_cast<double>(cost),
                 .prefill_ms = 1.0,
                 .reasoning_ms = static_cast<double>(cost),
                 .decoding_ms = 0.5};
    judged.push_back(judge(judged.size(), made, kExample, *task));
  }
  const nlohmann::json json = to_json(evaluate("continuous", judged, *task));
  EXPECT_EQ(json["steps"], 3.0);
  EXPECT_EQ(json["passes"], 6.0);
  EXPECT_EQ(json["tokens"], 30.0);
  EXPECT_EQ(json["gflops"], 12.0);
  EXPECT_EQ(json["prefill_gflops"], 3.0);
  EXPECT_EQ(json["gflops_without_prefill"], 9.0);
  EXPECT_EQ(json["latency_ms"]["p50"], 3.5);
  EXPECT_EQ(json["latency_ms"]["reasoning"]["p50"], 2.0);
  EXPECT_EQ(json["latency_ms"]["decoding"]["p99"], 0.5);
  EXPECT_EQ(json["accuracy"], 0.0);
  EXPECT_EQ(json["ci95"][0], 0.0);
  EXPECT_NEAR(json["ci95"][1].get<double>(), wilson(0, 3).high, 1e-12);
}

TEST(Evaluation, SaysHowItDoesWhereARuleFails) {
  const auto task = make_task("stories");
  const std::vector<RecordedTrajectory> judged = {judge(0, trajectory({"### park"}), kExample, *task),
                                                  judge(1, trajectory({"### attic"}), kExample, *task),
                                                  judge(2, trajectory({"### park"}), kExample, *task)};
  const Floor floor{"guess", 2, 0.5, {false, true, std::nullopt}}, chance{"chance", 3, 0.5, {}};
  const Floor perfect{"oracle", 3, 1.0, {true, true, true}};
  const nlohmann::json json = to_json(evaluate("chain", judged, *task, 0.5, {floor, chance, perfect}));
  ASSERT_EQ(json["where_rules_fail"].size(), 2u);
  EXPECT_EQ(json["where_rules_fail"][0], (nlohmann::json{{"rule", "guess"}, {"n", 1}, {"accuracy", 1.0}}));
  EXPECT_EQ(json["where_rules_fail"][1], (nlohmann::json{{"rule", "oracle"}, {"n", 0}, {"accuracy", nullptr}}));
  EXPECT_THROW(evaluate("chain", judged, *task, 0.5, {{"guess", 1, 0.0, {false}}}), Error);
}

TEST(Evaluation, CountsHowQuestionsEnded) {
  const auto task = make_task("stories");
  std::vector<RecordedTrajectory> judged;
  for (const StopReason stop : {StopReason::answered, StopReason::max_steps, StopReason::max_steps,
                                StopReason::context_full, StopReason::no_answer}) {
    Trajectory made = trajectory({stop == StopReason::answered ? "### park" : "Tom has it."});
    made.stop = stop;
    judged.push_back(judge(judged.size(), made, kExample, *task));
  }
  const nlohmann::json json = to_json(evaluate("continuous", judged, *task));
  EXPECT_EQ(json["max_steps"], 2);
  EXPECT_EQ(json["context_full"], 1);
  EXPECT_EQ(json["no_answer"], 4);
}

TEST(Evaluation, SaysHowManyQuestionsAreFamiliarAndHowItDoesOnThem) {
  const auto task = make_task("stories");
  std::vector<RecordedTrajectory> judged;
  for (const bool is_familiar : {true, true, false, false}) {
    Trajectory made = trajectory({judged.size() == 1 ? "### attic" : "### park"});
    made.familiarity = QuestionFamiliarity{1.0, is_familiar, ""};
    judged.push_back(judge(judged.size(), made, kExample, *task));
  }
  const nlohmann::json json = to_json(evaluate("continuous", judged, *task));
  EXPECT_EQ(json["coverage"], 0.5);
  EXPECT_EQ(json["familiar_accuracy"], 0.5);
  EXPECT_EQ(json["accuracy"], 0.75) << "of all questions";
  for (RecordedTrajectory& recorded : judged) recorded.trajectory.familiarity.reset();
  EXPECT_TRUE(to_json(evaluate("chain", judged, *task))["coverage"].is_null());
}

TEST(Evaluation, QuestionsAboutTheSameThingAreOneUnit) {
  const auto task = make_task("prosqa");
  std::vector<RecordedTrajectory> judged;
  for (const char* asked : {"Is Tom a x or y?", "Is Ann a y or x?"}) {
    const Example example{std::string("Tom is a x. Ann is a y. ") + asked, {}, "Tom is a x.", {}};
    Trajectory made = trajectory({"### Tom is a x."});
    if (!judged.empty()) made.answer = "Ann is a x.";
    judged.push_back(judge(judged.size(), made, example, *task));
  }
  const nlohmann::json json = to_json(evaluate("chain", judged, *task));
  EXPECT_EQ(json["ci95_method"], "bootstrap");
  EXPECT_EQ(json["units"], 1);
}

TEST(Evaluation, StepsThatNobodyReadAreNotJudged) {
  const auto task = make_task("stories");
  Trajectory unread = trajectory({"", "### park"});
  unread.steps.front().is_written = false;
  EXPECT_FALSE(judge(0, unread, kExample, *task).valid);
}

}  // namespace
}  // namespace noema
