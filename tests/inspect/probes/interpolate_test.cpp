#include "inspect/probes/interpolate.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/error.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

constexpr double kClose = 1e-5;
const char* const kFrom = "Tom has the ball in the garden.";
const char* const kTo = "### attic";

class InterpolateTest : public testing::Test {
 protected:
  InterpolateTest() : bundle_(tiny_bundle()) { options_.sentences.max_tokens = 12; }

  std::string decoded(const torch::Tensor& z) const {
    return decode_sentences(semantic_autoencoder(bundle_), *bundle_.tokenizer, z, options_.sentences)[0].text;
  }

  torch::NoGradGuard no_grad_;
  Bundle bundle_;
  InterpolateOptions options_;
};

TEST(Slerp, KeepsToTheCircleAndChangesTheLengthLinearly) {
  const torch::Tensor a = torch::tensor({2.0, 0.0}), b = torch::tensor({0.0, 4.0});
  const torch::Tensor z = slerp(a, b, torch::tensor({0.0, 0.5, 1.0}));
  const double half = 3.0 * std::sqrt(0.5);
  EXPECT_TRUE(torch::allclose(z, torch::tensor({{2.0, 0.0}, {half, half}, {0.0, 4.0}}), kClose, kClose));
}

TEST(Slerp, TakesTheChordBetweenParallelDirectionsAndRefusesOppositeAndEmptyOnes) {
  const torch::Tensor a = torch::tensor({1.0, 2.0}), half = torch::tensor({0.5});
  EXPECT_TRUE(torch::allclose(slerp(a, 3.0 * a, half)[0], 2.0 * a, kClose, kClose));
  EXPECT_THROW(slerp(a, -a, half), Error);
  EXPECT_THROW(slerp(a, torch::zeros({2}), half), Error);
  EXPECT_THROW(slerp(a, a / 0.0, half), Error);
}

TEST_F(InterpolateTest, EndsAreTheSentencesThemselvesAndTheWayIsMonotone) {
  const ProbeResult result = interpolate(bundle_, kFrom, kTo, options_);
  const torch::Tensor ends = embed_sentences(bundle_, {kFrom, kTo}, {});
  ASSERT_EQ(result.rows.size(), 9u);
  EXPECT_EQ(result.rows.front()[1], decoded(ends.narrow(0, 0, 1)));
  EXPECT_EQ(result.rows.back()[1], decoded(ends.narrow(0, 1, 1)));
  const double first_norm = ends[0].norm().item<double>(), last_norm = ends[1].norm().item<double>();
  for (std::size_t i = 0; i < 9; ++i) {
    const auto& row = result.rows[i];
    ASSERT_EQ(row.size(), result.columns.size());
    const double share = static_cast<double>(i) / 8.0;
    EXPECT_NEAR(row[0].get<double>(), share, kClose);
    EXPECT_NEAR(row[6].get<double>(), first_norm + share * (last_norm - first_norm), 1e-3 * first_norm);
    EXPECT_GT(row[2].get<double>(), 0.0);
    EXPECT_LE(row[2].get<double>(), 1.0);
    EXPECT_GE(row[3].get<double>(), 0.0);
    if (i == 0) continue;
    EXPECT_LT(row[4].get<double>(), result.rows[i - 1][4].get<double>());
    EXPECT_GT(row[5].get<double>(), result.rows[i - 1][5].get<double>());
  }
  EXPECT_NEAR(result.rows.front()[4].get<double>(), 1.0, kClose);
  EXPECT_NEAR(result.rows.back()[5].get<double>(), 1.0, kClose);
}

TEST_F(InterpolateTest, TheBatchChangesNothing) {
  const ProbeResult together = interpolate(bundle_, kFrom, kTo, options_);
  options_.sentences.batch = 2;
  const ProbeResult apart = interpolate(bundle_, kFrom, kTo, options_);
  for (std::size_t i = 0; i < together.rows.size(); ++i) {
    EXPECT_EQ(together.rows[i][1], apart.rows[i][1]);
    EXPECT_NEAR(together.rows[i][2].get<double>(), apart.rows[i][2].get<double>(), kClose);
  }
}

TEST_F(InterpolateTest, ArithmeticWithEqualTermsGivesBackTheThird) {
  const ProbeResult result = arithmetic(bundle_, kTo, kTo, kFrom, options_.sentences);
  ASSERT_EQ(result.rows.size(), 4u);
  EXPECT_EQ(result.rows[0][0], "a - b + c");
  EXPECT_EQ(result.rows[0][1], decoded(embed_sentences(bundle_, {kFrom}, {})));
  EXPECT_NEAR(result.rows[0][6].get<double>(), 1.0, kClose);
  EXPECT_EQ(result.rows[0][7], "c");
  EXPECT_NEAR(result.rows[1][4].get<double>(), 1.0, kClose);
  EXPECT_EQ(result.rows[3][1], result.rows[0][1]);
}

TEST_F(InterpolateTest, ASentenceIsEmbeddedAsItIsAmongOthers) {
  const torch::Tensor together = embed_sentences(bundle_, {kFrom, kTo, "Ann took it."}, {});
  SentenceOptions one;
  one.batch = 1;
  EXPECT_TRUE(torch::allclose(together, embed_sentences(bundle_, {kFrom, kTo, "Ann took it."}, one), kClose, kClose));
  EXPECT_TRUE(torch::allclose(together[1], embed_sentences(bundle_, {kTo}, {})[0], kClose, kClose));
}

TEST_F(InterpolateTest, SaysWhatIsMissingOrSenseless) {
  EXPECT_THROW(interpolate(bundle_, "", kTo, options_), Error);
  EXPECT_THROW(interpolate(bundle_, kFrom, "\xff", options_), Error);
  EXPECT_THROW(interpolate(bundle_, kFrom, std::string(4000, 'x'), options_), Error);
  options_.points = 1;
  EXPECT_THROW(interpolate(bundle_, kFrom, kTo, options_), Error);
  options_.points = 3;
  options_.sentences.max_tokens = 0;
  EXPECT_THROW(interpolate(bundle_, kFrom, kTo, options_), Error);
  options_.sentences = {};
  bundle_.autoencoders.erase("semantic");
  try {
    interpolate(bundle_, kFrom, kTo, options_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(error.problem().expected.find("semantic"), std::string::npos);
  }
}

}  // namespace
}  // namespace noema
