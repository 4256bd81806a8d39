#include <gtest/gtest.h>

#include <set>

#include "decoding/flops.h"
#include "decoding/reasoning.h"

namespace noema {
namespace {

/// With a model whose sentences end where they end: rows leave while others are still being written.
class Costs : public testing::TestWithParam<std::string> {
 protected:
  std::vector<Trajectory> ask(const ReasoningOptions& options, RunOptions run) const {
    run.count_flops = true;
    return Reasoner(bundle_, *make_task("stories"), GetParam()).run(kQuestions, options, run);
  }

  /// Question by question what they are alone.
  void expect_the_same_in_batches(const ReasoningOptions& options, RunOptions run) const {
    run.batch = 1;
    const auto alone = ask(options, run);
    for (const std::int64_t batch : {3, 6}) {
      run.batch = batch;
      const auto together = ask(options, run);
      for (std::size_t i = 0; i < alone.size(); ++i) {
        const Cost &found = together[i].cost, &wanted = alone[i].cost;
        EXPECT_EQ(found.passes, wanted.passes) << batch << ", " << i;
        EXPECT_EQ(found.tokens, wanted.tokens) << batch << ", " << i;
        EXPECT_DOUBLE_EQ(found.flops, wanted.flops) << batch << ", " << i;
        EXPECT_DOUBLE_EQ(found.prefill_flops, wanted.prefill_flops) << batch << ", " << i;
      }
    }
  }

  const std::vector<std::string> kQuestions = {
      "Eva picked up the lamp in the attic. Eva went to the garden. Where is the lamp?",
      "Bob was in the kitchen. Bob went to the park. Where is Bob?",
      "Tom had 3 apples. Tom lost 1 apple. How many apples does Tom have?",
      "Ann had 10 apples. Ann found 4 apples. Ann gave 3 apples to Tom. How many apples does Ann have?",
      "Ida was in the park. Ida went to the attic. Ida went to the kitchen. Ida went to the garden. Where is Ida?",
      "Tom was in the attic. Where is Tom?"};
  const Bundle bundle_ = load_bundle(std::string(NOEMA_SOURCE_FOLDER) + "/models/stories");
};

INSTANTIATE_TEST_SUITE_P(Modes, Costs, testing::Values("direct", "chain", "continuous", "discretized", "hybrid"),
                         [](const auto& test) { return test.param; });

TEST_P(Costs, AreThoseOfTheQuestionAloneInEveryBatch) {
  std::set<std::size_t> lengths;
  for (const Trajectory& trajectory : ask({}, {.read_steps = true})) {
    for (const Step& step : trajectory.steps) lengths.insert(step.tokens.size());
  }
  // An answer has as many tokens as another.
  if (GetParam() != "direct") EXPECT_GT(lengths.size(), 1u) << "no row would leave before the others";
  ReasoningOptions options;
  options.uncertainty_threshold = 0.01;  // in hybrid mode some steps are read back
  expect_the_same_in_batches(options, {.read_steps = true});
  expect_the_same_in_batches(options, {});
}

TEST_P(Costs, AreThoseOfTheQuestionAloneWhereEverySentenceIsWrittenToSee) {
  ReasoningOptions options;
  options.stop = {StopRule::oracle};
  expect_the_same_in_batches(options, {});
}

TEST(FlopCounter, AgreesWithTheClosedFormula) {
  for (const bool gpt2 : {false, true}) {
    const Bundle bundle = tiny_bundle(gpt2);
    const TransformerConfig& config = bundle.chain->config().transformer;
    const double head = 2.0 * static_cast<double>(config.width) * bundle.tokenizer->vocab_size();
    for (const Trajectory& trajectory : reason(bundle, "chain", short_options(), {.count_flops = true})) {
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
