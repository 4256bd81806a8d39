#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "decoding/reasoning.h"
#include "decoding/uncertainty.h"

namespace noema {
namespace {

TEST(Hybrid, IsDiscretizedWhereUncertainAndContinuousOtherwise) {
  for (const char* reads : {"contextual", "semantic"}) {
    const Bundle bundle = tiny_bundle(false, reads);
    ReasoningOptions options = short_options();
    options.uncertainty = UncertaintyMeasure::first_token;
    options.uncertainty_threshold = -1.0;
    EXPECT_EQ(texts(reason(bundle, "hybrid", options)), texts(reason(bundle, "discretized", options)));
    options.uncertainty_threshold = 1000.0;
    EXPECT_EQ(texts(reason(bundle, "hybrid", options)), texts(reason(bundle, "continuous", options)));
  }
}

TEST(Hybrid, AnUncertainStepInTheMiddleReadsTheSentencesBeforeIt) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  RunOptions run = kReading;
  options.uncertainty = UncertaintyMeasure::first_token;
  run.read_steps = false;
  run.count_flops = true;
  const auto continuous = reason(bundle, "continuous", options, run);
  const auto discretized = reason(bundle, "discretized", options, run);
  std::vector<double> uncertainties;
  for (const Trajectory& trajectory : continuous) {
    uncertainties.push_back(
        make_uncertainty(bundle, options.uncertainty)->of(trajectory.steps[1].concept_.unsqueeze(0))[0].item<double>());
  }
  options.uncertainty_threshold = *std::max_element(uncertainties.begin(), uncertainties.end()) - 1e-4;
  bool some_uncertain = false;
  const auto found = reason(bundle, "hybrid", options, run);
  for (std::size_t i = 0; i < found.size(); ++i) {
    const auto& steps = found[i].steps;
    for (std::size_t s = 1; s + 1 < steps.size(); ++s) {
      if (!steps[s].text.empty()) EXPECT_FALSE(steps[s - 1].text.empty()) << "a text has no holes";
    }
    some_uncertain = some_uncertain || !steps[1].text.empty();
    EXPECT_GE(found[i].cost.flops, continuous[i].cost.flops);
    const auto& same = steps.front().text.empty() ? continuous : discretized;
    EXPECT_EQ(found[i].cost.prefill_flops, same[i].cost.prefill_flops) << "reading the question is prefill";
  }
  EXPECT_TRUE(some_uncertain);
}

TEST(Hybrid, ReadsWhatTheOracleHasWrittenAlready) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.stop = {StopRule::oracle};
  options.uncertainty_threshold = -1.0;
  EXPECT_EQ(texts(reason(bundle, "hybrid", options)), texts(reason(bundle, "discretized", options)));
}

TEST(Hybrid, GoesOnInConceptsWhereTheTextsAreTooLongToRead) {
  const Bundle bundle = tiny_bundle();
  const std::int64_t room = bundle.reading().backbone().config().transformer.max_positions;
  ReasoningOptions options = short_options();
  options.max_steps = 9;
  options.max_sentence_tokens = 12;
  options.latent_temperature = 0.7;  // for uncertainty to come and go
  const auto ask = [&](const std::string& question, double threshold) {
    options.uncertainty_threshold = threshold;
    return Reasoner(bundle, *make_task("stories"), "hybrid").run({question}, options, kReading).front();
  };
  int overflowing = 0;
  for (const char* asked :
       {"Tom", "Ann", "Eva", "Bob", "Ida", "the ball", "the book", "the lamp", "the key", "the cup"}) {
    std::string question = std::string("Where is ") + asked + "?";
    while (bundle.tokenize_question(question).size() < 90) {
      question = "Ann took the key. " + question;
    }
    const auto sure = ask(question, 1000.0).steps;
    std::vector<double> uncertainties;
    std::size_t tokens = bundle.tokenize_question(question).size();
    for (std::size_t s = 0; s + 1 < sure.size(); ++s) {
      tokens += sure[s].tokens.size() + 1;
      const double before = uncertainties.empty() ? 1e9 : *std::max_element(uncertainties.begin(), uncertainties.end());
      uncertainties.push_back(
          make_uncertainty(bundle, options.uncertainty)->of(sure[s].concept_.unsqueeze(0))[0].item<double>());
      if (uncertainties.back() <= before || static_cast<std::int64_t>(tokens) <= room) continue;
      ++overflowing;  // this step is the first uncertain one, and by then nobody has written the others
      EXPECT_GT(ask(question, before).steps.size(), s);
    }
  }
  EXPECT_GT(overflowing, 0);
}

TEST(Hybrid, AMeasureThatTheModelLacksIsAnError) {
  const Bundle bundle = tiny_bundle();
  ReasoningOptions options = short_options();
  options.uncertainty = UncertaintyMeasure::readout;
  EXPECT_THROW(reason(bundle, "hybrid", options), Error);
}

}  // namespace
}  // namespace noema
