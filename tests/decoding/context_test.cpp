// Rows that have no room left end alone, whichever model's context is full.

#include <gtest/gtest.h>

#include "decoding/reasoning.h"
#include "support/replaying_accelerator.h"

namespace noema {
namespace {

constexpr std::int64_t kShort = 64;  // positions of a model that has fewer than the others

/// A question of at least so many tokens.
std::string long_question(const Bundle& bundle, std::size_t tokens) {
  std::string question = "Where is Tom?";
  while (bundle.tokenize_question(question).size() < tokens) question = "Ann took the key. " + question;
  return question;
}

std::int64_t question_tokens(const Bundle& bundle, const Trajectory& trajectory) {
  return static_cast<std::int64_t>(bundle.tokenize_question(trajectory.question).size());
}

/// Asks a long question and one that fits, together, and holds that the latter comes out as it does alone. What became
/// of the long one.
Trajectory ask_long(const Bundle& bundle, const std::string& mode, const std::string& question,
                    const ReasoningOptions& options) {
  const auto task = make_task("stories");
  const Reasoner reasoner(bundle, *task, mode);
  const std::string other = "Where is Eva?";
  auto together = reasoner.run({question, other}, options, kReading);
  EXPECT_EQ(texts({together.back()}), texts(reasoner.run({other}, options, kReading))) << mode;
  return std::move(together.front());
}

Bundle with_short_chain() {
  Bundle bundle = tiny_bundle();
  LanguageModelConfig config = bundle.chain->config();
  config.transformer.max_positions = kShort;
  Weights weights(1);
  bundle.chain = std::make_shared<const LanguageModel>(config, weights);
  return bundle;
}

Bundle with_short_encoder(const std::string& reads) {
  Bundle bundle = tiny_bundle(false, reads);
  AutoencoderConfig config = bundle.reading().config();
  config.model.transformer.max_positions = reads == "semantic" ? 4 : kShort;
  Weights weights(2);
  bundle.autoencoders[reads] = std::make_shared<const Autoencoder>(config, weights);
  return bundle;
}

TEST(FullContext, AChainEndsAtItsLastToken) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.max_steps = 1000;
  for (const Trajectory& trajectory : reason(bundle, "chain", options)) {
    EXPECT_EQ(trajectory.stop, StopReason::context_full);
    EXPECT_EQ(question_tokens(bundle, trajectory) + trajectory.cost.tokens, 128);
  }
}

TEST(FullContext, ADirectAnswerEndsAtItsLastToken) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.max_sentence_tokens = 1000;
  options.sampling.temperature = 1.0;  // without draws it would go round in a circle
  const auto mark = static_cast<std::int64_t>(bundle.tokenizer->encode(make_task("stories")->answer_mark()).size());
  int full = 0;
  for (const Trajectory& trajectory : reason(bundle, "direct", options)) {
    if (trajectory.stop == StopReason::answered) continue;  // with a newline, by chance
    ++full;
    EXPECT_EQ(trajectory.stop, StopReason::context_full);
    EXPECT_EQ(question_tokens(bundle, trajectory) + mark + trajectory.cost.tokens, 128);
  }
  EXPECT_GT(full, 0);
}

TEST(FullContext, AQuestionThatTheChainHasNoRoomForEndsAlone) {
  const Bundle bundle = with_short_chain();
  const auto mark = bundle.tokenizer->encode(make_task("stories")->answer_mark()).size();
  std::size_t tried = 0;
  for (std::size_t tokens = kShort - 8; tokens < kShort + 8; ++tokens) {
    const std::string question = long_question(bundle, tokens);
    for (const char* mode : {"chain", "direct"}) {
      const Trajectory trajectory = ask_long(bundle, mode, question, short_options());
      const std::size_t read = bundle.tokenize_question(question).size() + (std::string(mode) == "direct" ? mark : 0);
      if (read < kShort) continue;
      ++tried;
      EXPECT_EQ(trajectory.stop, StopReason::context_full);
      EXPECT_EQ(trajectory.cost.passes, 0);
      EXPECT_FALSE(trajectory.answer);
    }
  }
  EXPECT_GT(tried, 0u);
}

TEST(FullContext, DiscretizedEndsWhereTheEncoderHasReadNewlinesThatNobodyChose) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.max_steps = 100;
  options.max_sentence_tokens = 1;  // every sentence is cut off, and gets a newline besides
  const Trajectory trajectory = ask_long(bundle, "discretized", long_question(bundle, 90), options);
  EXPECT_EQ(trajectory.stop, StopReason::context_full);
  const auto read = question_tokens(bundle, trajectory) + 2 * static_cast<std::int64_t>(trajectory.steps.size());
  EXPECT_GE(read, 128);
  EXPECT_LE(read, 129);
}

TEST(FullContext, DiscretizedEndsWhereAnEncoderWithLessRoomIsFull) {
  const Bundle bundle = with_short_encoder("contextual");
  ReasoningOptions options = short_options();
  options.max_steps = 100;
  const Trajectory trajectory = ask_long(bundle, "discretized", long_question(bundle, 40), options);
  EXPECT_EQ(trajectory.stop, StopReason::context_full);
  EXPECT_GT(trajectory.steps.size(), 1u);
  const Trajectory unread = ask_long(bundle, "discretized", long_question(bundle, 70), options);
  EXPECT_EQ(unread.stop, StopReason::context_full);
  EXPECT_TRUE(unread.steps.empty());
}

TEST(FullContext, DiscretizedEndsAtASentenceThatASemanticEncoderCannotRead) {
  const Bundle bundle = with_short_encoder("semantic");
  for (const Trajectory& trajectory : reason(bundle, "discretized", short_options())) {
    EXPECT_EQ(trajectory.stop, StopReason::context_full);
    EXPECT_EQ(trajectory.steps.size(), 1u);
  }
}

TEST(FullContext, HybridGoesOnInConceptsUntilTheConceptModelIsFull) {
  const Bundle bundle = with_short_encoder("contextual");
  ReasoningOptions options = short_options();
  options.max_steps = 100;
  options.uncertainty_threshold = -1.0;
  for (const std::size_t tokens : {40u, 70u}) {
    const Trajectory trajectory = ask_long(bundle, "hybrid", long_question(bundle, tokens), options);
    const auto steps = static_cast<std::int64_t>(trajectory.steps.size());
    EXPECT_EQ(trajectory.stop, StopReason::context_full);
    EXPECT_EQ(question_tokens(bundle, trajectory) + steps, 128);
  }
}

TEST(FullContext, ContinuousEndsThereWhetherStepsAreRecordedOrNot) {
  const Bundle plain = tiny_bundle();
  const std::string question = long_question(plain, 90);
  ReasoningOptions options = short_options();
  options.max_steps = 100;
  const Trajectory wanted = ask_long(plain, "continuous", question, options);
  EXPECT_EQ(wanted.stop, StopReason::context_full);
  EXPECT_EQ(question_tokens(plain, wanted) + static_cast<std::int64_t>(wanted.steps.size()), 128);
  const Bundle recording = accelerated(plain, std::make_shared<ReplayingAccelerator>());
  EXPECT_EQ(texts({ask_long(recording, "continuous", question, options)}), texts({wanted}));
}

}  // namespace
}  // namespace noema
