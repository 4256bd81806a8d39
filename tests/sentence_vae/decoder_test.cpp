#include "sentence_vae/decoder.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "support/replaying_accelerator.h"
#include "support/tiny_bundle.h"

namespace noema {
namespace {

using Ids = std::vector<std::int64_t>;

torch::Tensor most_probable_id(const torch::Tensor& logits) { return logits.argmax(-1, true).to(torch::kFloat32); }

class SentenceDecoderTest : public testing::Test {
 protected:
  Ids written(TokenWriter& writer) const {
    const torch::Tensor ids = writer.logits().argmax(-1);
    return {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()};
  }
  Ids written(TokensAhead& tokens) const {
    const torch::Tensor ids = tokens.now().select(1, 0).to(torch::kLong).contiguous();
    return {ids.data_ptr<std::int64_t>(), ids.data_ptr<std::int64_t>() + ids.numel()};
  }

  torch::NoGradGuard no_grad_;
  Bundle bundle_ = tiny_bundle();
  const SentenceDecoder& decoder_ = bundle_.writing().decoder();
  torch::Tensor z_ = torch::randn({3, bundle_.writing().latent_width()});
};

TEST_F(SentenceDecoderTest, WritesToItsLastTokenWhetherRecordedOrNot) {
  const auto recorder = decoder_.record(std::make_shared<ReplayingAccelerator>(), most_probable_id);
  TokensAhead ahead = recorder->begin(z_);
  const auto writer = decoder_.begin(z_);
  const std::int64_t most = decoder_.max_tokens();
  EXPECT_EQ(most, bundle_.chain->config().transformer.max_positions - 1);
  for (std::int64_t i = 0; i < most; ++i) {
    const Ids ids = written(*writer);
    ASSERT_EQ(written(ahead), ids) << i;
    if (i + 1 == most) break;
    writer->append(torch::tensor(ids));
    ahead.append(ids);
  }
}

TEST_F(SentenceDecoderTest, ARecordedSentenceGoesOnWithWhatItIsGiven) {
  const auto recorder = decoder_.record(std::make_shared<ReplayingAccelerator>(), most_probable_id);
  TokensAhead ahead = recorder->begin(z_);
  const auto writer = decoder_.begin(z_);
  for (std::int64_t i = 0; i < 20; ++i) {
    Ids ids = written(*writer);
    ASSERT_EQ(written(ahead), ids) << i;
    if (i % 3 == 2) ids.back() = 7;  // in the midst of what is recorded
    writer->append(torch::tensor(ids));
    ahead.append(ids);
    if (i != 10) continue;
    writer->keep({2, 0});
    ahead.keep({2, 0});
  }
}

TEST_F(SentenceDecoderTest, ItsCachesGrowWithTheTokens) {
  EXPECT_GT(decoder_.cache_bytes(1), 0);
  EXPECT_GT(decoder_.cache_bytes(100), decoder_.cache_bytes(10));
}

}  // namespace
}  // namespace noema
