#include "training/data/batches.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace noema {
namespace {

class GraphBatches : public testing::Test {
 protected:
  GraphBatches() {
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < 400; ++i) {
      const Example example = task_->generator()->generate(5, i);
      texts.push_back(example.question + "\n" + example.steps.front());
    }
    tokenizer_ = train_tokenizer(texts, {.vocab_size = 640, .phrases = task_->phrases()});
  }

  BatchSequence sequence(const BatchOptions& options) const { return {source_, *task_, *tokenizer_, options}; }

  std::shared_ptr<const Task> task_ = make_task("prosqa-small");
  ExampleSourcePtr source_ = make_generated_source(task_->generator(), 3);
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(GraphBatches, HintsStandAtTheStatementsAndAreDistributions) {
  for (const auto& groups : sequence({.batch = 4, .window = 2, .hints = true}).groups(0)) {
    for (const auto& micro_batch : deal(groups, 2)) {
      const ReasoningBatch& batch = dynamic_cast<const ReasoningMicroBatch&>(*micro_batch).content;
      const BatchHints& hints = batch.hints;
      ASSERT_GT(hints.places.size(0), 5 * batch.texts_count());
      const torch::Tensor at = batch.texts.ids.index({hints.rows, hints.places});
      for (std::int64_t i = 0; i < at.size(0); ++i) {
        const std::string piece = tokenizer_->piece(static_cast<TokenId>(at[i].item<std::int64_t>()));
        EXPECT_TRUE(piece.ends_with("pus.")) << piece;
      }
      const torch::Tensor sums = torch::zeros(hints.places.size(0)).index_add(0, hints.hint_of, hints.shares);
      EXPECT_TRUE(torch::allclose(sums, torch::ones_like(sums)));
    }
  }
}

TEST_F(GraphBatches, SiblingsStayBesideTheirText) {
  for (const auto& groups : sequence({.batch = 4, .window = 2, .siblings = 5}).groups(0)) {
    ASSERT_EQ(groups.size(), 4u);
    for (const auto& micro_batch : deal(groups, 2)) {
      const ReasoningBatch& batch = dynamic_cast<const ReasoningMicroBatch&>(*micro_batch).content;
      EXPECT_GT(batch.texts_count(), 6);
      EXPECT_EQ(batch.prefixes.texts.count(), 2);
      for (const std::int64_t length : batch.questions.lengths) EXPECT_LE(length, 6) << "a statement was not shared";
    }
  }
}

}  // namespace
}  // namespace noema
