#include "apps/bench/shaped_questions.h"

#include <gtest/gtest.h>

#include <numeric>

#include "base/error.h"
#include "nn/model/positions.h"

namespace noema {
namespace {

/// Tokens and concepts that the first layer reads.
class PositionCounter final : public ComputeObserver {
 public:
  void on_layer(int layer, const Positions& at, const torch::Tensor&) override {
    if (layer == 0) positions += std::accumulate(at.row_tokens.begin(), at.row_tokens.end(), std::int64_t{0});
  }
  std::int64_t positions = 0;
};

class ShapedQuestions : public testing::Test {
 protected:
  using Ask = void (ShapedQuestion::*)(ComputeObserver*) const;

  std::int64_t positions(Ask ask, std::int64_t rows) const {
    const torch::InferenceMode inference;
    PositionCounter counter;
    (ShapedQuestion(model_, {"x", 7, 3, 5, 4}, rows).*ask)(&counter);
    return counter.positions;
  }

  Weights weights_{1};
  LanguageModel model_{{50, llama_style(2, 32, 4, 2, 48, 128)}, weights_};
};

TEST_F(ShapedQuestions, TheChainReadsTheQuestionOnceAndWritesAllElse) {
  EXPECT_EQ(positions(&ShapedQuestion::chain, 1), 7 + 3 * 5 + 4);
  EXPECT_EQ(positions(&ShapedQuestion::chain, 2), 2 * (7 + 3 * 5 + 4));
}

TEST_F(ShapedQuestions, ContinuousModeTakesAStepASentenceAndWritesTheAnswerBehindItsConcept) {
  EXPECT_EQ(positions(&ShapedQuestion::continuous, 2), 2 * (7 + 3 + 1 + 4));
}

TEST_F(ShapedQuestions, TheReferenceReadsEverythingAgain) {
  std::int64_t expected = 0;
  for (std::int64_t step = 0; step < 10; ++step) expected += 7 + step;
  for (std::int64_t token = 0; token < 5; ++token) expected += 10 * (1 + token);
  EXPECT_EQ(positions(&ShapedQuestion::reference, 1), expected);
}

TEST_F(ShapedQuestions, AModelThatIsTooShortIsRefused) {
  EXPECT_THROW(ShapedQuestion(model_, {"x", 100, 5, 5, 4}, 1), Error);
}

}  // namespace
}  // namespace noema
