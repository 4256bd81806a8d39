#include "sentence_vae/readout.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/gradients.h"

namespace noema {
namespace {

constexpr std::int64_t kPlaces = 3;

class ReadoutTest : public testing::Test {
 protected:
  ReadoutTest()
      : weights_(1, torch::kFloat64),
        model_({11, llama_style(1, 8, 2, 2, 12, 32)}, weights_),
        readout_(model_, 8, kPlaces, WeightScope(weights_) / "readout") {}

  static torch::Tensor embeddings(std::int64_t count) {
    torch::manual_seed(3);
    return torch::randn({count, 8}, torch::kFloat64);
  }

  Weights weights_;
  LanguageModel model_;
  Readout readout_;
};

TEST_F(ReadoutTest, GradientsAgreeWithFiniteDifferences) {
  const torch::Tensor z = embeddings(2), maps = weights_.tensors().at("readout.weight");
  const Sentences sentences = pad({{4, 5, 6, 0}, {7, 0}});
  expect_right_gradients([&] { return readout_.loss(z, sentences); }, {z, maps});
}

TEST_F(ReadoutTest, ReadsTheLastTokensBeforeTheNewlineAlone) {
  const torch::Tensor z = embeddings(1);
  const auto loss = [&](const TokenIds& ids) { return readout_.loss(z, pad({ids})).item<double>(); };
  EXPECT_EQ(loss({1, 2, 3, 4, 0}), loss({9, 2, 3, 4, 0})) << "the first of four is not read";
  EXPECT_NE(loss({1, 2, 3, 4, 0}), loss({1, 2, 3, 5, 0}));
  EXPECT_NE(loss({1, 2, 3, 4, 0}), loss({1, 9, 3, 4, 0}));
  EXPECT_NE(loss({1, 2, 0}), loss({2, 1, 0})) << "each place has a map of its own";
}

TEST_F(ReadoutTest, PaddingAndOtherSentencesDoNotMatter) {
  const torch::Tensor z = embeddings(2);
  const auto of = [&](std::int64_t row, const TokenIds& ids) {
    return readout_.loss(z.narrow(0, row, 1), pad({ids})).item<double>();
  };
  const double together = readout_.loss(z, pad({{1, 2, 3, 4, 5, 0}, {6, 0}})).item<double>();
  EXPECT_NEAR(together, (3.0 * of(0, {1, 2, 3, 4, 5, 0}) + of(1, {6, 0})) / 4.0, 1e-12);
}

}  // namespace
}  // namespace noema
