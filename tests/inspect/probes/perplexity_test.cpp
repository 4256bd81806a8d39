#include "inspect/probes/perplexity.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>

#include "base/error.h"
#include "inspect/probes/examples.h"
#include "inspect/probes/sentences.h"
#include "sentence_vae/losses.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

constexpr double kNatsClose = 1e-4;

class PerplexityTest : public testing::Test {
 protected:
  ProbeResult measured(std::int64_t batch) const { return perplexity(bundle_, *task_, examples_, {.batch = batch}); }

  const Bundle bundle_ = tiny_bundle();
  const std::unique_ptr<Task> task_ = make_task("stories");
  const std::vector<Example> examples_ = tiny_examples();
};

TEST_F(PerplexityTest, IsTheMeanOverAllTokensWhateverTheBatch) {
  const ProbeResult one = measured(1), all = measured(100);
  ASSERT_EQ(one.rows.size(), 4u);  // chain, two decoders, concept model
  for (std::size_t row = 0; row < one.rows.size(); ++row) {
    EXPECT_EQ(one.rows[row][0], all.rows[row][0]);
    EXPECT_EQ(one.rows[row][1], examples_.size());
    const double nats = one.rows[row][3], low = one.rows[row][4], high = one.rows[row][5];
    EXPECT_NEAR(nats, all.rows[row][3].get<double>(), kNatsClose);
    EXPECT_LT(low, nats);
    EXPECT_GT(high, nats);
    EXPECT_NEAR(one.rows[row][6].get<double>(), std::exp(nats), kNatsClose * std::exp(nats));
  }
}

TEST_F(PerplexityTest, OfADecoderIsItsLoss) {
  const torch::NoGradGuard no_grad;
  double loss = 0.0;
  for_each_batch(bundle_, *task_, examples_, 100, 1000, [&](const ExampleBatch& batch) {
    const Autoencoder& autoencoder = bundle_.writing();
    const torch::Tensor z = autoencoder.encoder().encode(batch.tokens).mean;
    loss = token_cross_entropy(autoencoder.decoder().logits(z, batch.tokens.steps), batch.tokens.steps.real_tokens())
               .item<double>();
  });
  for (const auto& row : measured(3).rows) {
    if (row[0] == "contextual (true embedding)") EXPECT_NEAR(row[3].get<double>(), loss, kNatsClose);
  }
}

TEST_F(PerplexityTest, NothingToReadIsRefused) { EXPECT_THROW(perplexity(bundle_, *task_, {}, {}), Error); }

}  // namespace
}  // namespace noema
