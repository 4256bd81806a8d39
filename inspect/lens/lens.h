#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "concept_lm/bundle.h"
#include "inspect/records/layer_tap.h"
#include "inspect/records/recorder.h"

namespace noema {

inline constexpr double kMostLayers = 1'000;

/// What one layer says of a sentence.
struct LensCell {
  std::string text;          ///< the sentence that its output decodes to
  double probability = 0.0;  ///< mean over the tokens of the text
  double entropy = 0.0;      ///< mean over the tokens, in nats
  double cosine = 0.0;       ///< of its concept to the last layer's
  bool agrees = false;       ///< the text is the sentence that was decoded in the end

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    member("text", &LensCell::text);
    member("probability", &LensCell::probability, "", kShare);
    member("entropy", &LensCell::entropy, "", kAmount);
    member("cosine", &LensCell::cosine, "", kCosine);
    member("agrees", &LensCell::agrees);
  }
};

/// One sentence through the layers.
struct LensStep {
  std::string text;              ///< decoded in the end
  std::vector<LensCell> layers;  ///< from the first to the last
  std::size_t settled = 0;       ///< the first layer from which on all agree; their number when the last does not

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    member("text", &LensStep::text);
    member("layers", &LensStep::layers, "", {0, kMostLayers});
    member("settled", &LensStep::settled);
  }
};

/// One question through sentences and layers.
struct LensView {
  std::size_t id = 0;  ///< of the question
  std::string question;
  std::optional<std::string> answer, true_answer;
  std::optional<bool> right;
  std::vector<LensStep> steps;

  template <typename Visitor>
  static void visit_members(Visitor& member) {
    member("id", &LensView::id);
    member("question", &LensView::question);
    member("answer", &LensView::answer, "", kNullable);
    member("true_answer", &LensView::true_answer);
    member("right", &LensView::right);
    member("steps", &LensView::steps, "", {0, kMostSteps});
  }
};

/// Reads every layer's output of every sentence as if the model ended there: final norm, head, decoder. A logit lens
/// (nostalgebraist, 2020) whose readings are sentences, as the paper's SentenceLens. The tap must have watched the run
/// that gave the trajectories, in their order. Throws Error when nothing was predicted by a concept model.
std::vector<LensView> read_lens(const Bundle& bundle, const LayerTap& tap,
                                const std::vector<RecordedTrajectory>& trajectories, int max_tokens = 64);

/// Shares of all steps: how often the last `layers` layers agree with the sentence.
double share_settled(const std::vector<LensView>& views, std::size_t layers);

/// {"schema": 1, "kind": "lens", "layers", "questions": […]}.
nlohmann::json to_json(const std::vector<LensView>& views);

/// How a grid is drawn.
struct GridStyle {
  int width = 80;      ///< columns of the terminal
  bool color = false;  ///< ANSI colours
};

/// Layers down, steps across: the token probability of each reading, marked where it agrees; then the sentences, each
/// with the layer where it settled and what the layers before it said.
std::string to_text(const LensView& view, const GridStyle& style);

}  // namespace noema
