#include "training/data/examples.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace noema {
namespace {

constexpr std::uint64_t kCount = 2000;

std::map<std::string, double> shares(const ExampleSource& source) {
  std::map<std::string, double> shares;
  for (std::uint64_t i = 0; i < kCount; ++i) {
    shares[source.get(i).extra.at("family").get<std::string>()] += 1.0 / static_cast<double>(kCount);
  }
  return shares;
}

class WeightedSourceTest : public testing::Test {
 protected:
  std::shared_ptr<const ExampleSource> all_ = make_generated_source(make_task("stories"), 7);
};

TEST_F(WeightedSourceTest, FamiliesComeAsOftenAsTheirWeightsSay) {
  const auto source = make_weighted_source(all_, {{"count", 4.0}, {"time", 0.5}}, 1);
  const std::map<std::string, double> found = shares(*source);
  const double all = 4.0 + 0.5 + 3.0;
  EXPECT_NEAR(found.at("count"), 4.0 / all, 0.04);
  EXPECT_NEAR(found.at("time"), 0.5 / all, 0.02);
  EXPECT_NEAR(found.at("where"), 1.0 / all, 0.03);
}

TEST_F(WeightedSourceTest, ANumberAlwaysGivesTheSameExampleAndItsTwin) {
  const auto source = make_weighted_source(all_, {{"count", 3.0}}, 1);
  std::size_t twins = 0;
  for (std::uint64_t i = 0; i < 50; ++i) {
    const Example example = source->get(i);
    EXPECT_EQ(example.question, source->get(i).question);
    const auto twin = source->twin(i);
    if (!twin) continue;
    ++twins;
    EXPECT_EQ(twin->example.extra.at("family"), example.extra.at("family"));
    EXPECT_EQ(twin->example.steps.size(), example.steps.size());
  }
  EXPECT_GT(twins, 10u);
}

TEST_F(WeightedSourceTest, AFamilyThatThereIsNotIsAnError) {
  try {
    make_weighted_source(all_, {{"cuont", 3.0}}, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("did you mean \"count\"?"), std::string::npos) << error.what();
  }
}

TEST(AnswersSource, LeavesNothingOfTheReasoningButTheAnswer) {
  for (const char* name : {"stories", "prosqa", "blocksworld"}) {
    const std::shared_ptr<const Task> task = make_task(name);
    const std::shared_ptr<const ExampleSource> whole = make_generated_source(task, 7);
    const auto answers = make_answers_source(whole, task);
    for (std::uint64_t i = 0; i < 20; ++i) {
      const Example example = answers->get(i);
      const auto reasoning = task->reasoning(example);
      ASSERT_EQ(reasoning.size(), 1U) << name;
      EXPECT_EQ(reasoning.front(), task->reasoning(whole->get(i)).back());
      EXPECT_TRUE(task->is_right(example, *task->answer_in(reasoning.front())));
      EXPECT_FALSE(answers->twin(i));
    }
  }
}

class GraphBatches : public testing::Test {
 protected:
  GraphBatches() {
    std::vector<std::string> texts;
    for (std::uint64_t i = 0; i < 400; ++i) {
      const Example example = task_->generate(5, i);
      texts.push_back(example.question + "\n" + example.steps.front());
    }
    tokenizer_ = train_tokenizer(texts, {.vocab_size = 640, .phrases = task_->phrases()});
  }

  BatchSequence sequence(const BatchOptions& options) const { return {*source_, *task_, *tokenizer_, options}; }

  std::shared_ptr<const Task> task_ = make_task("prosqa-small");
  std::unique_ptr<ExampleSource> source_ = make_generated_source(task_, 3);
  std::unique_ptr<Tokenizer> tokenizer_;
};

TEST_F(GraphBatches, HintsStandAtTheStatementsAndAreDistributions) {
  for (const auto& groups : sequence({.batch = 4, .window = 2, .hints = true}).window(0)) {
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
  for (const auto& groups : sequence({.batch = 4, .window = 2, .siblings = 5}).window(0)) {
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
