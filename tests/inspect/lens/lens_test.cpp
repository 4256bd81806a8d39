#include "inspect/lens/lens.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <set>

#include "base/error.h"
#include "inspect/probes/sentences.h"
#include "inspect/watched_run.h"

namespace noema {
namespace {

class Lens : public testing::Test {
 protected:
  Lens() : recorded_(watched_run(bundle_, "continuous", options_, &tap_)), views_(read(recorded_)) {}

  std::vector<LensView> read(const std::vector<RecordedTrajectory>& recorded) const {
    return read_lens(bundle_, tap_, recorded, options_.max_sentence_tokens);
  }

  const Bundle bundle_ = tiny_bundle();
  const ReasoningOptions options_ = watched_options();
  LayerTap tap_;
  const std::vector<RecordedTrajectory> recorded_;
  const std::vector<LensView> views_;
};

TEST_F(Lens, EveryLayerReadsWhatTheDecoderMakesOfItsOwnConcept) {
  const torch::InferenceMode inference;
  ASSERT_EQ(views_.size(), recorded_.size());
  std::set<std::string> readings;
  for (std::size_t question = 0; question < views_.size(); ++question) {
    ASSERT_EQ(views_[question].steps.size(), 3u);
    for (std::size_t step = 0; step < 3; ++step) {
      const LensStep& found = views_[question].steps[step];
      ASSERT_EQ(found.layers.size(), 2u);
      const torch::Tensor z =
          bundle_.concepts->concepts_at_layer(tap_.find(question, step)->hidden).embedding;  // [2,Z]
      const auto alone =
          decode_sentences(bundle_.writing(), *bundle_.tokenizer, z, {.max_tokens = options_.max_sentence_tokens});
      for (std::size_t layer = 0; layer < 2; ++layer) {
        EXPECT_EQ(found.layers[layer].text, alone[layer].text);
        EXPECT_NEAR(found.layers[layer].probability, alone[layer].token_probability, 1e-5);
        EXPECT_NEAR(found.layers[layer].entropy, alone[layer].entropy, 1e-4);
        readings.insert(found.layers[layer].text);
      }
      EXPECT_NEAR(found.layers[0].cosine, at::cosine_similarity(z[0], z[1], 0).item<double>(), 1e-5);
    }
  }
  EXPECT_GT(readings.size(), 3u) << "texts that are all alike would show nothing";
}

TEST_F(Lens, TheLastLayerReadsTheSentenceThatWasDecoded) {
  for (std::size_t question = 0; question < views_.size(); ++question) {
    for (std::size_t step = 0; step < 3; ++step) {
      const LensStep& found = views_[question].steps[step];
      EXPECT_EQ(found.text, recorded_[question].trajectory.steps[step].text);
      EXPECT_EQ(found.layers[1].text, found.text);
      EXPECT_TRUE(found.layers[1].agrees);
      EXPECT_NEAR(found.layers[1].cosine, 1.0, 1e-5);
    }
  }
  const nlohmann::json json = to_json(views_);
  EXPECT_EQ(json["kind"], "lens");
  EXPECT_EQ(json["layers"], 2);
  EXPECT_EQ(json["questions"][0]["true_answer"], "kitchen");
  EXPECT_EQ(json["questions"][0]["steps"][2]["layers"][1]["text"], recorded_[0].trajectory.steps[2].text);
}

TEST_F(Lens, ASentenceIsSettledFromTheLayerOnFromWhichAllAgree) {
  // What the first layer says of one step is made the sentence of that step: only there the layers disagree at the end.
  auto changed = recorded_;
  changed[1].trajectory.steps[0].text = views_[1].steps[0].layers[0].text;
  const auto views = read(changed);
  double early = 0.0;
  for (std::size_t question = 0; question < views.size(); ++question) {
    for (const LensStep& step : views[question].steps) {
      const bool first = step.layers[0].text == step.text, last = step.layers[1].text == step.text;
      EXPECT_EQ(step.layers[0].agrees, first);
      EXPECT_EQ(step.layers[1].agrees, last);
      EXPECT_EQ(step.settled, !last ? 2u : first ? 0u : 1u);
      early += step.settled == 0;
    }
  }
  ASSERT_EQ(views[1].steps[0].settled, 2u) << "the tiny model's layers are to differ there";
  EXPECT_DOUBLE_EQ(share_settled(views, 1), 17.0 / 18.0);
  EXPECT_DOUBLE_EQ(share_settled(views, 2), early / 18.0);
  EXPECT_DOUBLE_EQ(share_settled(views, 3), 0.0);
}

TEST_F(Lens, NeedsConcepts) {
  LayerTap tap;
  const auto recorded = watched_run(bundle_, "chain", options_, &tap);
  EXPECT_THROW(read_lens(bundle_, tap, recorded), Error);
}

/// Two steps of three layers; the second step is settled nowhere.
LensView sample() {
  const LensCell early{"Ann has the cup.", 0.25, 2.0, 0.4, false}, late{"Tom has the cup.", 0.97, 0.1, 1.0, true};
  LensView view{3, "Where is \x1b[31mthe cup?", "park", "park", true, {}};
  view.steps.push_back({"Tom has the cup.", {early, early, late}, 2});
  view.steps.push_back({"### park", {early, late, early}, 3});
  return view;
}

TEST(LensGrid, FitsTheTerminalAndSaysWhereStepsSettled) {
  const std::string text = to_text(sample(), {40, false});
  EXPECT_NE(text.find("from L 3"), std::string::npos) << text;
  EXPECT_NE(text.find("no layer reads it so"), std::string::npos) << text;
  EXPECT_NE(text.find("=  97"), std::string::npos) << text;
  EXPECT_NE(text.find("L 1-2"), std::string::npos) << text;
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a question may not paint the terminal";
}

TEST(LensGrid, ColoursOnlyWhenAsked) { EXPECT_NE(to_text(sample(), {80, true}).find("\x1b[32m"), std::string::npos); }

TEST(LensGrid, StepsThatDoNotFitGoBelow) {
  LensView view = sample();
  for (int i = 0; i < 10; ++i) view.steps.push_back(view.steps[0]);
  const std::string text = to_text(view, {40, false});
  std::size_t heads = 0;
  for (std::size_t at = 0; (at = text.find("step", at)) != std::string::npos; ++at) ++heads;
  EXPECT_EQ(heads, 12u);
}

}  // namespace
}  // namespace noema
