#include "training/stages/chain_stage.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace noema {
namespace {

TEST(HintLoss, IsTheCrossEntropyOfTheShares) {
  Weights weights(1);
  const LanguageModel model({10, llama_style(2, 16, 2, 2, 24, 32)}, weights);
  std::vector<TokenizedReasoning> examples = {{{3, 4, 1}, {{5, 1}}}, {{7, 8, 3, 1}, {{4, 1}}}};
  examples[1].hints = {{0, {5}, {2.0}}, {2, {6, 9}, {3.0, 1.0}}};
  const ReasoningBatch batch = make_batch(examples);
  const torch::Tensor states = text_states(model, batch);
  const auto log_probability = [&](std::int64_t row, std::int64_t place, std::int64_t token) {
    const torch::Tensor hidden = states.view({2, batch.texts.width(), -1})[row][place].unsqueeze(0);
    const Positions at = causal_positions({1}, 1, torch::kCPU);
    return model.logits(hidden, {at}).log_softmax(-1)[0][token].item<double>();
  };
  const double first = -log_probability(1, 0, 5);
  const double second = -0.75 * log_probability(1, 2, 6) - 0.25 * log_probability(1, 2, 9);
  EXPECT_NEAR(hint_loss(model, states, batch).item<double>(), (first + second) / 2.0, 1e-5);
}

TEST(HintLoss, IsNothingWithoutHints) {
  Weights weights(1);
  const LanguageModel model({10, llama_style(2, 16, 2, 2, 24, 32)}, weights);
  const ReasoningBatch batch = make_batch({TokenizedReasoning{{3, 4, 1}, {{5, 1}}}});
  EXPECT_EQ(hint_loss(model, text_states(model, batch), batch).item<double>(), 0.0);
}

}  // namespace
}  // namespace noema
