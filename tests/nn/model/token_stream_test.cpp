#include "nn/model/token_stream.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <algorithm>

#include "base/error.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

using Ids = std::vector<std::int64_t>;

constexpr double kStreamTolerance = 1e-5;

class TokenStreamTest : public testing::TestWithParam<bool> {
 protected:
  /// Starts a stream behind these rows, padded on the left.
  TokenStream start(const std::vector<Ids>& rows, std::int64_t slots) {
    const test::PaddedRows padded(rows);
    return {model_, model_.embed(padded.ids), padded.lengths, slots};
  }

  void expect_next_of(const std::vector<Ids>& rows, const TokenStream& stream) {
    ASSERT_EQ(stream.logits().sizes(),
              (std::vector<std::int64_t>{static_cast<std::int64_t>(rows.size()), test::kVocabulary}));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const torch::Tensor expected = test::uncached_logits(model_, rows[row])[-1];
      EXPECT_LE(test::difference(stream.logits()[static_cast<std::int64_t>(row)], expected), kStreamTolerance) << row;
    }
  }

  Random random_{1};
  LanguageModel model_ = test::tiny_model(GetParam() ? test::tiny_llama() : test::tiny_gpt2());
};

INSTANTIATE_TEST_SUITE_P(Styles, TokenStreamTest, testing::Bool(),
                         [](const auto& test) { return test.param ? "Llama" : "Gpt2"; });

TEST_P(TokenStreamTest, ScoresWhatComesNext) {
  std::vector<Ids> rows = {test::random_ids(random_, 2), test::random_ids(random_, 6), test::random_ids(random_, 4)};
  TokenStream stream = start(rows, 8);
  expect_next_of(rows, stream);
  for (int step = 0; step < 6; ++step) {
    const Ids next = test::random_ids(random_, static_cast<std::int64_t>(rows.size()));
    stream.append(torch::tensor(next));
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(next[row]);
    expect_next_of(rows, stream);
    if (step == 2) {
      stream.keep({2, 0});
      rows = {rows[2], rows[0]};
      expect_next_of(rows, stream);
    }
  }
}

TEST_P(TokenStreamTest, RowsMayComeInAtAnyTime) {
  std::vector<Ids> rows = {test::random_ids(random_, 3), test::random_ids(random_, 5)};
  TokenStream stream = start(rows, 4);
  for (int round = 0; round < 8; ++round) {
    const Ids next = test::random_ids(random_, static_cast<std::int64_t>(rows.size()));
    stream.append(torch::tensor(next));
    for (std::size_t row = 0; row < rows.size(); ++row) rows[row].push_back(next[row]);
    stream.keep({1});
    rows = {rows[1], test::random_ids(random_, 1 + round % 4), test::random_ids(random_, 2)};
    stream.join(start({rows[1], rows[2]}, 4));
    expect_next_of(rows, stream);
  }
}

TEST_P(TokenStreamTest, RowsComeInWhereAllHaveLeft) {
  const std::vector<Ids> rows = {test::random_ids(random_, 3)};
  TokenStream stream = start({test::random_ids(random_, 7)}, 8);
  stream.keep({});
  stream.join(start(rows, 8));
  expect_next_of(rows, stream);
}

TEST_P(TokenStreamTest, EndsWithAnErrorWhereTheModelDoes) {
  const std::int64_t longest = model_.config().transformer.max_positions;
  TokenStream stream = start({test::random_ids(random_, longest - 1), test::random_ids(random_, 1)}, 1);
  stream.append(torch::zeros({2}, torch::kLong));
  EXPECT_THROW(stream.append(torch::zeros({2}, torch::kLong)), Error);
  EXPECT_THROW(start({test::random_ids(random_, longest + 1)}, 1), Error);
}

/// Counts the multiplications of the linear maps.
class LinearCounter final : public ComputeObserver {
 public:
  void on_linear(const Positions& at, std::int64_t inner, std::int64_t columns) override {
    for (const std::int64_t tokens : at.row_tokens) products += tokens * inner * columns;
  }
  std::int64_t products = 0;
};

TEST_P(TokenStreamTest, OnlyTheLastPositionIsScored) {
  LinearCounter one, five;
  const torch::Tensor embeddings = model_.embed(torch::zeros({1, 5}, torch::kLong));
  TokenStream(model_, embeddings.narrow(1, 0, 1), {1}, 8, &one);
  TokenStream(model_, embeddings, {5}, 8, &five);
  const std::int64_t scores = test::kVocabulary * model_.width();
  EXPECT_EQ(five.products - scores, 5 * (one.products - scores));
}

}  // namespace
}  // namespace noema
