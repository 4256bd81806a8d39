#include "decoding/reasoner.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/error.h"
#include "decoding/doubt.h"
#include "decoding/flops.h"
#include "decoding/intervention.h"
#include "support/replaying_accelerator.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

ReasoningOptions short_options() {
  ReasoningOptions options;
  options.max_steps = 4;
  options.max_sentence_tokens = 6;
  options.stop = StopRule::none;
  options.read_steps = true;
  return options;
}

std::vector<std::string> texts(const std::vector<Trajectory>& trajectories) {
  std::vector<std::string> all;
  for (const Trajectory& trajectory : trajectories) {
    for (const Step& step : trajectory.steps) all.push_back(step.text);
    all.push_back(trajectory.question);
  }
  return all;
}

std::vector<Trajectory> reason(const Bundle& bundle, const std::string& mode, const ReasoningOptions& options,
                               Observer* observer = nullptr) {
  return Reasoner(bundle, *make_task("stories"), mode).run(tiny_questions(), options, observer);
}

class EveryMode : public testing::TestWithParam<std::string> {
 protected:
  const Bundle bundle_ = tiny_bundle();
};

TEST_P(EveryMode, GivesTheSameTextsAtEveryBatchSize) {
  ReasoningOptions options = short_options();
  options.batch = 1;
  const auto alone = texts(reason(bundle_, GetParam(), options));
  for (const std::int64_t batch : {2, 4, 6}) {
    options.batch = batch;
    EXPECT_EQ(texts(reason(bundle_, GetParam(), options)), alone) << batch;
  }
}

/// So that questions end at different steps.
ReasoningOptions uneven_options(const Bundle& bundle) {
  ReasoningOptions options = short_options();
  options.max_steps = 6;
  options.stop = StopRule::head;
  options.stop_threshold = 1.0;
  std::vector<double> probabilities;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    for (const Step& step : trajectory.steps) probabilities.push_back(*step.stop_probability);
  }
  std::sort(probabilities.begin(), probabilities.end());
  // In the widest gap of the upper half: no probability is so near that rounding decides.
  std::size_t widest = probabilities.size() / 2;
  const auto gap = [&](std::size_t i) { return probabilities[i + 1] - probabilities[i]; };
  for (std::size_t i = widest; i + 1 < probabilities.size(); ++i) {
    if (gap(i) > gap(widest)) widest = i;
  }
  options.stop_threshold = (probabilities[widest] + probabilities[widest + 1]) / 2.0;
  return options;
}

TEST_P(EveryMode, GivesTheSameTextsWhereQuestionsTakeThePlacesOfOthers) {
  ReasoningOptions options = uneven_options(bundle_);
  options.batch = 1;
  options.count_flops = true;
  const auto alone = reason(bundle_, GetParam(), options);
  std::set<std::size_t> lengths;
  for (const Trajectory& trajectory : alone) lengths.insert(trajectory.steps.size());
  if (GetParam() == "continuous") EXPECT_GT(lengths.size(), 1u);
  for (const std::int64_t batch : {2, 3, 5}) {
    options.batch = batch;
    const auto together = reason(bundle_, GetParam(), options);
    EXPECT_EQ(texts(together), texts(alone)) << batch;
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_EQ(together[i].stop, alone[i].stop);
      EXPECT_EQ(together[i].cost.passes, alone[i].cost.passes);
      EXPECT_NEAR(together[i].cost.flops / alone[i].cost.flops, 1.0, 1e-9);
    }
  }
}

/// The same model, with an accelerator.
Bundle accelerated(const Bundle& bundle, std::shared_ptr<const Accelerator> accelerator) {
  Bundle copy = bundle;
  copy.accelerator = std::move(accelerator);
  return copy;
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
  options.max_steps = 12;
  const auto wanted = reason(bundle_, GetParam(), options);
  const auto accelerator = std::make_shared<ReplayingAccelerator>();
  const Bundle bundle = accelerated(bundle_, accelerator);
  for (const std::int64_t batch : {1, 3, 6}) {
    options.batch = batch;
    const auto recorded = reason(bundle, GetParam(), options);
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
  reason(bundle, GetParam(), short_options(), &curious);
  EXPECT_EQ(accelerator->recorded, 0);
  reason(bundle, GetParam(), short_options(), &modest);
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
  LargestBatch unlimited, limited;
  const auto together = texts(reason(bundle_, GetParam(), options, &unlimited));
  EXPECT_EQ(unlimited.largest, tiny_questions().size());
  const std::int64_t most = make_strategy(GetParam())->cache_bytes({bundle_, *make_task("stories"), options}, 60);
  options.memory = 2 * most;
  EXPECT_EQ(texts(reason(bundle_, GetParam(), options, &limited)), together);
  EXPECT_GE(limited.largest, 2u);
  EXPECT_LT(limited.largest, unlimited.largest);
  options.memory = most / 20;
  EXPECT_THROW(reason(bundle_, GetParam(), options), Error);
}

TEST_P(EveryMode, SamplesTheSameTextsAtEveryBatchSizeAndOthersWithAnotherSeed) {
  ReasoningOptions options = short_options();
  options.sampling.temperature = 1.0;
  options.latent_temperature = 0.1;
  options.seed = 3;
  options.batch = 1;
  const auto alone = texts(reason(bundle_, GetParam(), options));
  options.batch = 4;
  EXPECT_EQ(texts(reason(bundle_, GetParam(), options)), alone);
  options.seed = 4;
  EXPECT_NE(texts(reason(bundle_, GetParam(), options)), alone);
}

/// Counts what products read.
struct WeightCounter final : Observer {
  void on_weights(std::int64_t read) override { bytes += read; }
  std::int64_t bytes = 0;
};

TEST_P(EveryMode, LookingAtStepsDoesNotChangeASampledAnswer) {
  ReasoningOptions options = short_options();
  options.sampling.temperature = 1.0;
  options.doubt_threshold = 1000.0;
  const auto read = reason(bundle_, GetParam(), options);
  options.read_steps = false;
  const auto unread = reason(bundle_, GetParam(), options);
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
    options.doubt_threshold = threshold;
    Announced announced;
    const auto found = reason(bundle_, GetParam(), options, &announced);
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
  options.count_flops = true;
  WeightCounter counter;
  const auto observed = reason(bundle_, GetParam(), options, &counter);
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
  options.cancelled = &cancelled;
  for (const Trajectory& trajectory : reason(bundle_, GetParam(), options)) {
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

TEST(Discretized, WorksWithSemanticInputsToo) {
  const Bundle bundle = tiny_bundle(false, "semantic");
  ReasoningOptions options = short_options();
  options.batch = 1;
  const auto alone = texts(reason(bundle, "discretized", options));
  options.batch = 6;
  EXPECT_EQ(texts(reason(bundle, "discretized", options)), alone);
}

TEST(Hybrid, IsDiscretizedInDoubtAndContinuousOtherwise) {
  for (const char* reads : {"contextual", "semantic"}) {
    const Bundle bundle = tiny_bundle(false, reads);
    ReasoningOptions options = short_options();
    options.doubt = DoubtMeasure::first_token;
    options.doubt_threshold = -1.0;
    EXPECT_EQ(texts(reason(bundle, "hybrid", options)), texts(reason(bundle, "discretized", options)));
    options.doubt_threshold = 1000.0;
    EXPECT_EQ(texts(reason(bundle, "hybrid", options)), texts(reason(bundle, "continuous", options)));
  }
}

TEST(Hybrid, ADoubtInTheMiddleReadsTheSentencesBeforeIt) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.doubt = DoubtMeasure::first_token;
  options.read_steps = false;
  options.count_flops = true;
  const auto continuous = reason(bundle, "continuous", options);
  const auto discretized = reason(bundle, "discretized", options);
  std::vector<double> doubts;
  for (const Trajectory& trajectory : continuous) {
    doubts.push_back(
        make_doubt(bundle, options.doubt)->of(trajectory.steps[1].concept_.unsqueeze(0))[0].item<double>());
  }
  options.doubt_threshold = *std::max_element(doubts.begin(), doubts.end()) - 1e-4;
  bool some_in_doubt = false;
  const auto found = reason(bundle, "hybrid", options);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& steps = found[i].steps;
    for (std::size_t s = 1; s + 1 < steps.size(); ++s) {
      if (!steps[s].text.empty()) EXPECT_FALSE(steps[s - 1].text.empty()) << "a text has no holes";
    }
    some_in_doubt = some_in_doubt || !steps[1].text.empty();
    EXPECT_GE(found[i].cost.flops, continuous[i].cost.flops);
    const auto& same = steps.front().text.empty() ? continuous : discretized;
    EXPECT_EQ(found[i].cost.prefill_flops, same[i].cost.prefill_flops) << "reading the question is prefill";
  }
  EXPECT_TRUE(some_in_doubt);
}

TEST(Hybrid, ReadsWhatTheOracleHasWrittenAlready) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.stop = StopRule::oracle;
  options.doubt_threshold = -1.0;
  EXPECT_EQ(texts(reason(bundle, "hybrid", options)), texts(reason(bundle, "discretized", options)));
}

TEST(Hybrid, GoesOnInConceptsWhereTheTextsAreTooLongToRead) {
  const Bundle bundle = tiny_bundle();
  const std::int64_t room = bundle.reading().backbone().config().transformer.max_positions;
  ReasoningOptions options = short_options();
  options.max_steps = 9;
  options.max_sentence_tokens = 12;
  options.latent_temperature = 0.7;  // for doubt to come and go
  const auto ask = [&](const std::string& question, double threshold) {
    options.doubt_threshold = threshold;
    return Reasoner(bundle, *make_task("stories"), "hybrid").run({question}, options).front();
  };
  int overflowing = 0;
  for (const char* asked :
       {"Tom", "Ann", "Eva", "Bob", "Ida", "the ball", "the book", "the lamp", "the key", "the cup"}) {
    std::string question = std::string("Where is ") + asked + "?";
    while (bundle.tokenize_question(question).size() < 90) {
      question = "Ann took the key. " + question;
    }
    const auto sure = ask(question, 1000.0).steps;
    std::vector<double> doubts;
    std::size_t tokens = bundle.tokenize_question(question).size();
    for (std::size_t s = 0; s + 1 < sure.size(); ++s) {
      tokens += sure[s].tokens.size() + 1;
      const double before = doubts.empty() ? 1e9 : *std::max_element(doubts.begin(), doubts.end());
      doubts.push_back(make_doubt(bundle, options.doubt)->of(sure[s].concept_.unsqueeze(0))[0].item<double>());
      if (doubts.back() <= before || static_cast<std::int64_t>(tokens) <= room) continue;
      ++overflowing;  // this step is the first in doubt, and by then nobody has written the others
      EXPECT_GT(ask(question, before).steps.size(), s);
    }
  }
  EXPECT_GT(overflowing, 0);
}

TEST(Hybrid, AMeasureThatTheModelLacksIsAnError) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.doubt = DoubtMeasure::readout;
  EXPECT_THROW(reason(bundle, "hybrid", options), Error);
}

TEST(Continuous, DecodesOnlyTheAnswerUnlessStepsAreRead) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  const auto read = reason(bundle, "continuous", options);
  options.read_steps = false;
  const auto unread = reason(bundle, "continuous", options);
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

TEST(StopRules, HeadAndRepetitionEndReasoningAtTheirThresholds) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.stop = StopRule::head;
  options.stop_threshold = 0.0;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    EXPECT_EQ(trajectory.steps.size(), 1u);
    EXPECT_EQ(trajectory.stop, StopReason::answered);
  }
  options.stop_threshold = 1.0;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    EXPECT_EQ(trajectory.steps.size(), 4u);
    EXPECT_EQ(trajectory.stop, StopReason::max_steps);
  }
  options.stop = StopRule::repetition;
  options.repetition_threshold = -1.0;
  for (const Trajectory& trajectory : reason(bundle, "continuous", options)) {
    EXPECT_EQ(trajectory.steps.size(), 2u);
    EXPECT_EQ(trajectory.stop, StopReason::repeated);
  }
}

TEST(Chain, EndsWhereTheContextEnds) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options;
  options.max_steps = 1000;
  for (const Trajectory& trajectory : reason(bundle, "chain", options)) {
    EXPECT_TRUE(trajectory.stop == StopReason::context_full || trajectory.stop == StopReason::answered);
  }
}

TEST(Continuous, EndsWhereTheContextEndsWhetherStepsAreRecordedOrNot) {
  const Bundle plain = tiny_bundle();
  std::string question = "Where is Tom?";
  while (plain.tokenize_question(question).size() < 90) question = "Ann took the key. " + question;
  ReasoningOptions options = short_options();
  options.max_steps = 100;
  const auto run = [&](const Bundle& bundle) {
    return Reasoner(bundle, *make_task("stories"), "continuous").run({question, "Where is Eva?"}, options);
  };
  const auto wanted = run(plain), recorded = run(accelerated(plain, std::make_shared<ReplayingAccelerator>()));
  EXPECT_EQ(wanted.front().stop, StopReason::context_full);
  EXPECT_EQ(texts(recorded), texts(wanted));
}

TEST(FlopCounter, CountsThePrefillOfEveryBatch) {
  const Bundle bundle = tiny_bundle();
  for (const std::string mode : {"chain", "continuous", "discretized"}) {
    ReasoningOptions options = short_options();
    options.count_flops = true;
    options.batch = 1;
    const auto alone = reason(bundle, mode, options);
    options.batch = 6;
    const auto together = reason(bundle, mode, options);
    for (std::size_t i = 0; i < alone.size(); ++i) {
      EXPECT_DOUBLE_EQ(alone[i].cost.prefill_flops, together[i].cost.prefill_flops) << mode << i;
      EXPECT_NEAR(alone[i].cost.flops / together[i].cost.flops, 1.0, 1e-9) << mode << i;
    }
  }
}

TEST(FlopCounter, AgreesWithTheClosedFormula) {
  for (const bool gpt2 : {false, true}) {
    const Bundle bundle = tiny_bundle(gpt2);
    ReasoningOptions options = short_options();
    options.count_flops = true;
    const TransformerConfig& config = bundle.chain->config().transformer;
    const double head = 2.0 * static_cast<double>(config.width) * bundle.tokenizer->vocab_size();
    for (const Trajectory& trajectory : reason(bundle, "chain", options)) {
      const auto question = static_cast<std::int64_t>(bundle.tokenize_question(trajectory.question).size());
      const std::int64_t read_back = trajectory.cost.tokens - 1;  // the last token is written and not read
      EXPECT_NEAR(trajectory.cost.prefill_flops / (transformer_flops(config, question, 0) + head), 1.0, 1e-6);
      const double whole =
          transformer_flops(config, question + read_back, 0) + head * static_cast<double>(trajectory.cost.tokens);
      EXPECT_NEAR(trajectory.cost.flops / whole, 1.0, 0.02);
    }
  }
}

}  // namespace
}  // namespace noema
