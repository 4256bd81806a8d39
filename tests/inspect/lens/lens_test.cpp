#include "inspect/lens/lens.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "base/error.h"
#include "inspect/watched_run.h"

namespace noema {
namespace {

TEST(Lens, TheLastLayerReadsTheSentenceThatWasDecoded) {
  const Bundle bundle = tiny_bundle();
  LayerTap tap;
  const ReasoningOptions options = watched_options();
  const auto recorded = watched_run(bundle, "continuous", options, &tap);
  const auto views = read_lens(bundle, tap, recorded, options.max_sentence_tokens);
  ASSERT_EQ(views.size(), recorded.size());
  for (const LensView& view : views) {
    ASSERT_EQ(view.steps.size(), 3u);
    for (const LensStep& step : view.steps) {
      ASSERT_EQ(step.layers.size(), 2u);
      EXPECT_TRUE(step.layers.back().agrees);
      EXPECT_NEAR(step.layers.back().cosine, 1.0, 1e-5);
      EXPECT_EQ(step.settled, step.layers.front().agrees ? 0u : 1u);
      EXPECT_GT(step.layers.front().probability, 0.0);
    }
  }
  EXPECT_DOUBLE_EQ(share_settled(views, 1), 1.0);
  EXPECT_LE(share_settled(views, 2), 1.0);
  EXPECT_DOUBLE_EQ(share_settled(views, 3), 0.0);
  const nlohmann::json json = to_json(views);
  EXPECT_EQ(json["kind"], "lens");
  EXPECT_EQ(json["layers"], 2);
  EXPECT_EQ(json["questions"][0]["steps"][2]["layers"][1]["text"], recorded[0].trajectory.steps[2].text);
}

TEST(Lens, NeedsConcepts) {
  const Bundle bundle = tiny_bundle();
  LayerTap tap;
  const auto recorded = watched_run(bundle, "chain", watched_options(), &tap);
  EXPECT_THROW(read_lens(bundle, tap, recorded), Error);
}

/// Two steps of three layers; the second step is settled nowhere.
LensView sample() {
  const LensCell early{"Ann has the cup.", 0.25, 2.0, 0.4, false}, late{"Tom has the cup.", 0.97, 0.1, 1.0, true};
  LensView view{3, "Where is \x1b[31mthe cup?", "park", true, "park", {}};
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
