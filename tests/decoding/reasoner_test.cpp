#include "decoding/reasoner.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "decoding/intervention.h"
#include "decoding/reasoning.h"
#include "support/replaying_accelerator.h"
#include "support/toy_head.h"

namespace noema {
namespace {

class EveryMode : public testing::TestWithParam<std::string> {
 protected:
  const Bundle bundle_ = tiny_bundle();
};

TEST_P(EveryMode, GivesTheSameTextsAtEveryBatchSize) {
  const ReasoningOptions options = short_options();
  RunOptions run = kReading;
  run.batch = 1;
  const auto alone = texts(reason(bundle_, GetParam(), options, run));
  for (const std::int64_t batch : {2, 4, 6}) {
    run.batch = batch;
    EXPECT_EQ(texts(reason(bundle_, GetParam(), options, run)), alone) << batch;
  }
}

TEST_P(EveryMode, GivesTheSameTextsWhereQuestionsTakeThePlacesOfOthers) {
  ReasoningOptions options = uneven_options(bundle_);
  RunOptions run = kReading;
  run.batch = 1;
  run.count_flops = true;
  const auto alone = reason(bundle_, GetParam(), options, run);
  std::set<std::size_t> lengths;
  for (const Trajectory& trajectory : alone) lengths.insert(trajectory.steps.size());
  if (GetParam() == "continuous") EXPECT_GT(lengths.size(), 1u);
  for (const std::int64_t batch : {2, 3, 5}) {
    run.batch = batch;
    const auto together = reason(bundle_, GetParam(), options, run);
    EXPECT_EQ(texts(together), texts(alone)) << batch;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(together[i].stop, alone[i].stop);
      EXPECT_EQ(together[i].cost.passes, alone[i].cost.passes);
      EXPECT_NEAR(together[i].cost.flops / alone[i].cost.flops, 1.0, 1e-9);
    }
  }
}

/// Looks at steps, not at operations.
struct StepCounter : Observer {
  explicit StepCounter(bool wants_all) : wants_all_(wants_all) {}
  bool wants_operations() const override { return wants_all_; }
  void on_step(std::size_t, std::size_t, const Step&) override { ++steps; }
  int steps = 0;

 private:
  bool wants_all_;
};

TEST_P(EveryMode, GivesTheSameTextsWhereStepsAreRecorded) {
  ReasoningOptions options = uneven_options(bundle_);
  RunOptions run = kReading;
  options.max_steps = 12;
  const auto wanted = reason(bundle_, GetParam(), options, run);
  const auto accelerator = std::make_shared<ReplayingAccelerator>();
  const Bundle bundle = accelerated(bundle_, accelerator);
  for (const std::int64_t batch : {1, 3, 6}) {
    run.batch = batch;
    const auto recorded = reason(bundle, GetParam(), options, run);
    EXPECT_EQ(texts(recorded), texts(wanted)) << batch;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(recorded[i].stop, wanted[i].stop);
      EXPECT_EQ(recorded[i].cost.tokens, wanted[i].cost.tokens);
    }
  }
  EXPECT_GT(accelerator->recorded, 0);
  EXPECT_GT(accelerator->replayed, accelerator->recorded);
}

TEST_P(EveryMode, RecordsNothingWhereSomebodyLooksAtEveryOperation) {
  const auto accelerator = std::make_shared<ReplayingAccelerator>();
  const Bundle bundle = accelerated(bundle_, accelerator);
  StepCounter curious(true), modest(false);
  reason(bundle, GetParam(), short_options(), kReading, &curious);
  EXPECT_EQ(accelerator->recorded, 0);
  reason(bundle, GetParam(), short_options(), kReading, &modest);
  EXPECT_GT(accelerator->recorded, 0);
  EXPECT_EQ(modest.steps, curious.steps);
}

TEST(Chain, GoesBackWhereASentenceIsCutOffInTheMidstOfRecordedTokens) {
  const Bundle plain = tiny_bundle();
  ReasoningOptions options = short_options();
  options.max_steps = 8;
  options.max_sentence_tokens = 3;  // a newline is put where none was chosen
  const auto accelerator = std::make_shared<ReplayingAccelerator>();
  EXPECT_EQ(texts(reason(accelerated(plain, accelerator), "chain", options)), texts(reason(plain, "chain", options)));
  EXPECT_GT(accelerator->replayed, 0);
}

/// Counts the questions that are reasoned about together, at most.
struct LargestBatch : Observer {
  void on_rows(std::span<const std::size_t> questions) override {
    largest = std::max(largest, std::set<std::size_t>(questions.begin(), questions.end()).size());
  }
  std::size_t largest = 0;
};

TEST_P(EveryMode, SplitsBatchesThatMemoryHasNoRoomFor) {
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  LargestBatch unlimited, limited;
  const auto together = texts(reason(bundle_, GetParam(), options, run, &unlimited));
  EXPECT_EQ(unlimited.largest, tiny_questions().size());
  const std::int64_t most = make_strategy(GetParam())->cache_bytes({bundle_, *make_task("stories"), options, run}, 60);
  run.memory = 2 * most;
  EXPECT_EQ(texts(reason(bundle_, GetParam(), options, run, &limited)), together);
  EXPECT_GE(limited.largest, 2u);
  EXPECT_LT(limited.largest, unlimited.largest);
  run.memory = most / 20;
  EXPECT_THROW(reason(bundle_, GetParam(), options, run), Error);
}

TEST_P(EveryMode, SamplesTheSameTextsAtEveryBatchSizeAndOthersWithAnotherSeed) {
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  options.sampling.temperature = 1.0;
  options.latent_temperature = 0.1;
  run.seed = 3;
  run.batch = 1;
  const auto alone = texts(reason(bundle_, GetParam(), options, run));
  run.batch = 4;
  EXPECT_EQ(texts(reason(bundle_, GetParam(), options, run)), alone);
  run.seed = 4;
  EXPECT_NE(texts(reason(bundle_, GetParam(), options, run)), alone);
}

/// Counts what products read.
struct WeightCounter final : Observer {
  void on_weights(std::int64_t read) override { bytes += read; }
  std::int64_t bytes = 0;
};

TEST_P(EveryMode, LookingAtStepsDoesNotChangeASampledAnswer) {
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  options.sampling.temperature = 1.0;
  options.uncertainty_threshold = 1000.0;
  const auto read = reason(bundle_, GetParam(), options, run);
  run.read_steps = false;
  const auto unread = reason(bundle_, GetParam(), options, run);
  for (std::size_t i = 0; i < read.size(); ++i) EXPECT_EQ(read[i].steps.back().text, unread[i].steps.back().text);
}

/// Keeps the text that each step was last announced with.
struct Announced final : Observer {
  void on_step(std::size_t question, std::size_t index, const Step& step) override {
    texts[{question, index}] = step.text;
  }
  std::map<std::pair<std::size_t, std::size_t>, std::string> texts;
};

TEST_P(EveryMode, AnnouncesEveryTextThatItWrites) {
  for (const double threshold : {-1.0, 1000.0}) {
    ReasoningOptions options = short_options();
    options.uncertainty_threshold = threshold;
    Announced announced;
    const auto found = reason(bundle_, GetParam(), options, kReading, &announced);
    for (std::size_t i = 0; i < found.size(); ++i) {
      for (std::size_t s = 0; s < found[i].steps.size(); ++s) {
        EXPECT_TRUE(found[i].steps[s].is_written);
        EXPECT_EQ((announced.texts[{i, s}]), found[i].steps[s].text) << i << ", " << s;
      }
    }
  }
}

TEST_P(EveryMode, IsNotChangedByObservers) {
  const auto unobserved = reason(bundle_, GetParam(), short_options());
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  run.count_flops = true;
  WeightCounter counter;
  const auto observed = reason(bundle_, GetParam(), options, run, &counter);
  EXPECT_EQ(texts(unobserved), texts(observed));
  EXPECT_GT(counter.bytes, 0);
  for (std::size_t i = 0; i < observed.size(); ++i) {
    EXPECT_GT(observed[i].cost.flops, observed[i].cost.prefill_flops);
    for (std::size_t s = 0; s < observed[i].steps.size(); ++s) {
      if (!observed[i].steps[s].concept_.defined()) continue;
      EXPECT_TRUE(torch::equal(observed[i].steps[s].concept_, unobserved[i].steps[s].concept_));
    }
  }
}

TEST_P(EveryMode, EndsAtOnceWhenCancelled) {
  const std::atomic<bool> cancelled{true};
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  run.cancelled = &cancelled;
  for (const Trajectory& trajectory : reason(bundle_, GetParam(), options, run)) {
    EXPECT_EQ(trajectory.stop, StopReason::cancelled);
    EXPECT_LE(trajectory.steps.size(), 1u);
  }
}

TEST_P(EveryMode, RefusesQuestionsThatItCannotRead) {
  const auto task = make_task("stories");
  const Reasoner reasoner(bundle_, *task, GetParam());
  EXPECT_THROW(reasoner.run({""}), Error);
  EXPECT_THROW(reasoner.run({"\xff"}), Error);
  EXPECT_THROW(reasoner.run({std::string(4000, 'x')}), Error);
}

INSTANTIATE_TEST_SUITE_P(Modes, EveryMode, testing::Values("direct", "chain", "continuous", "discretized", "hybrid"),
                         [](const auto& instance) { return instance.param; });

TEST(Reasoner, SuggestsTheModeThatWasMeantAndMissesParts) {
  const auto task = make_task("stories");
  Bundle bundle = tiny_bundle();
  try {
    const Reasoner reasoner(bundle, *task, "chian");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.problem().remedy, "did you mean \"chain\"?");
  }
  bundle.chain = nullptr;
  EXPECT_THROW(Reasoner(bundle, *task, "chain"), Error);
  EXPECT_NO_THROW(Reasoner(bundle, *task, "continuous"));
}

TEST(ConceptHeads, ThatLookAtSentencesBeforeAndDrawDoNotDependOnTheBatchNorAreRecorded) {
  Bundle bundle = tiny_bundle();
  bundle.concepts = with_toy_head(bundle.concepts->config().model, true);
  const ReasoningOptions options = uneven_options(bundle);
  const Bundle recording = accelerated(bundle, std::make_shared<ReplayingAccelerator>());
  for (const char* mode : {"continuous", "discretized", "hybrid"}) {
    RunOptions run = kReading;
    run.batch = 1;
    const auto alone = texts(reason(bundle, mode, options, run));
    for (const std::int64_t batch : {2, 4, 6}) {
      run.batch = batch;
      EXPECT_EQ(texts(reason(bundle, mode, options, run)), alone) << mode << batch;
      EXPECT_EQ(texts(reason(recording, mode, options, run)), alone) << mode << batch;
    }
    run.seed = 1;
    EXPECT_NE(texts(reason(bundle, mode, options, run)), alone) << mode;
  }
}

TEST(Discretized, WorksWithSemanticInputsToo) {
  const Bundle bundle = tiny_bundle(false, "semantic");
  const ReasoningOptions options = short_options();
  RunOptions run = kReading;
  run.batch = 1;
  const auto alone = texts(reason(bundle, "discretized", options, run));
  run.batch = 6;
  EXPECT_EQ(texts(reason(bundle, "discretized", options, run)), alone);
}

TEST(Continuous, DecodesOnlyTheAnswerUnlessStepsAreRead) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  const auto read = reason(bundle, "continuous", options, run);
  run.read_steps = false;
  const auto unread = reason(bundle, "continuous", options, run);
  for (std::size_t i = 0; i < read.size(); ++i) {
    ASSERT_EQ(unread[i].steps.size(), 4u);
    for (std::size_t s = 0; s < 3; ++s) {
      EXPECT_TRUE(read[i].steps[s].is_view);
      EXPECT_TRUE(unread[i].steps[s].text.empty());
    }
    EXPECT_EQ(unread[i].steps.back().text, read[i].steps.back().text);
    EXPECT_EQ(unread[i].cost.tokens, read[i].cost.tokens);
  }
}

/// Notes what it is shown, and takes everything at one step away.
class Forgetful final : public Intervention {
 public:
  Concept on_predicted(const Concept& concepts, const LatentRows& rows) override {
    EXPECT_EQ(rows.questions.size(), static_cast<std::size_t>(concepts.embedding.size(0)));
    seen.emplace_back(rows.questions.begin(), rows.questions.end());
    return {torch::where(at_first(rows), 0.0, concepts.embedding), concepts.input};
  }
  torch::Tensor on_fed_back(const torch::Tensor& inputs, const LatentRows& rows) override {
    return torch::where(at_first(rows), 0.0, inputs);
  }
  std::vector<std::vector<std::size_t>> seen;

 private:
  static torch::Tensor at_first(const LatentRows& rows) {  // [B,1] bool
    torch::Tensor chosen = torch::empty({static_cast<std::int64_t>(rows.steps.size()), 1}, torch::kBool);
    for (std::size_t row = 0; row < rows.steps.size(); ++row) {
      chosen[static_cast<std::int64_t>(row)] = rows.steps[row] == 1;
    }
    return chosen;
  }
};

TEST(Intervention, ChangesItsStepAndWhatFollowsAndNothingBefore) {
  const Bundle bundle = tiny_bundle();
  for (const std::string mode : {"continuous", "discretized"}) {
    ReasoningOptions options = short_options();
    const auto plain = reason(bundle, mode, options);
    Forgetful forgetful;
    options.intervention = &forgetful;
    const auto changed = reason(bundle, mode, options);
    for (std::size_t i = 0; i < plain.size(); ++i) {
      EXPECT_TRUE(torch::equal(plain[i].steps[0].concept_, changed[i].steps[0].concept_));
      EXPECT_EQ(changed[i].steps[1].concept_.abs().sum().item<double>(), 0.0);
      EXPECT_FALSE(torch::allclose(plain[i].steps[2].concept_, changed[i].steps[2].concept_, 1e-3, 1e-3));
    }
    EXPECT_EQ(forgetful.seen.front().size(), plain.size());
  }
}

}  // namespace
}  // namespace noema
