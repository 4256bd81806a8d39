#include "decoding/stopping.h"

#include <gtest/gtest.h>

#include "decoding/reasoning.h"

namespace noema {
namespace {

TEST(StopRules, HeadAndRepetitionEndReasoningAtTheirThresholds) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.stop = {StopRule::head};
  options.stop_threshold = 0.0;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) EXPECT_EQ(trajectory.steps.size(), 1u);
  options.stop_threshold = 1.0;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    EXPECT_EQ(trajectory.steps.size(), 4u);
    EXPECT_EQ(trajectory.stop, StopReason::max_steps);
  }
  options.stop = {StopRule::repetition};
  options.repetition_threshold = -1.0;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    EXPECT_EQ(trajectory.steps.size(), 2u);
    EXPECT_EQ(trajectory.stop, StopReason::repeated);
  }
}

TEST(StopRules, OfSeveralTheFirstThatAppliesEndsReasoning) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.repetition_threshold = -1.0;  // the second step repeats the first
  options.stop_threshold = 1.0;         // no step is the answer
  for (const auto& rules : {std::vector{StopRule::head, StopRule::repetition, StopRule::oracle},
                            std::vector{StopRule::oracle, StopRule::repetition, StopRule::head}}) {
    options.stop = rules;
    for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
      EXPECT_EQ(trajectory.steps.size(), 2u);
      EXPECT_EQ(trajectory.stop, StopReason::repeated);
      EXPECT_TRUE(trajectory.steps[0].stop_probability) << "what the stop head says is not lost";
      EXPECT_FALSE(trajectory.steps[0].is_view) << "the oracle has read it";
    }
  }
  options.stop_threshold = 0.0;  // the first step is the answer, before anything can repeat it
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) EXPECT_EQ(trajectory.steps.size(), 1u);
}

TEST(StopRules, WhereTheStopHeadTakesNoAnswerForOneTheTrajectorySaysSo) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.stop = {StopRule::head};
  options.stop_threshold = 0.0;
  for (const char* mode : {"continuous", "discretized", "hybrid"}) {
    for (const Trajectory& trajectory : reason(bundle, mode, options)) {
      EXPECT_FALSE(trajectory.answer) << "random weights write no answer";
      EXPECT_EQ(trajectory.stop, StopReason::no_answer);
    }
  }
}

TEST(StopRules, WhatIsAnsweredHasAnAnswer) {
  const Bundle bundle = load_bundle(std::string(NOEMA_SOURCE_FOLDER) + "/models/stories");
  const std::vector<std::string> questions = {"Bob was in the kitchen. Bob went to the park. Where is Bob?"};
  for (const char* mode : {"direct", "chain", "continuous", "discretized", "hybrid"}) {
    const Trajectory trajectory = Reasoner(bundle, *make_task("stories"), mode).run(questions).front();
    EXPECT_EQ(trajectory.stop, StopReason::answered);
    EXPECT_TRUE(trajectory.answer);
  }
}

}  // namespace
}  // namespace noema
