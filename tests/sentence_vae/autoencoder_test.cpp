#include "sentence_vae/autoencoder.h"

#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cmath>
#include <numeric>

#include "support/tiny_bundle.h"

namespace noema {
namespace {

constexpr double kClose = 1e-5;

using Mask = TransformerConfig::Mask;

class EncodersTest : public testing::TestWithParam<std::pair<std::string, Mask>> {
 protected:
  EncodersTest()
      : bundle_(tiny_bundle(false, "contextual", GetParam().second)),
        reasonings_(tiny_reasonings(*bundle_.tokenizer)) {}
  const SentenceEncoder& encoder() const { return bundle_.autoencoders.at(GetParam().first)->encoder(); }

  torch::NoGradGuard no_grad_;
  Bundle bundle_;
  std::vector<TokenizedReasoning> reasonings_;
};

TEST_P(EncodersTest, AnEmbeddingDoesNotDependOnTheRestOfTheBatch) {
  const torch::Tensor together = encoder().encode(make_batch(reasonings_, 8)).mean;
  std::int64_t first = 0;
  for (const TokenizedReasoning& reasoning : reasonings_) {
    const torch::Tensor alone = encoder().encode(make_batch({reasoning})).mean;
    EXPECT_TRUE(torch::allclose(alone, together.narrow(0, first, alone.size(0)), kClose, kClose));
    first += alone.size(0);
  }
  EXPECT_EQ(first, together.size(0));
}

TEST_P(EncodersTest, ReadingStepByStepGivesWhatEncodingAtOnceGives) {
  const torch::Tensor at_once = encoder().encode(make_batch(reasonings_)).mean;
  std::vector<TokenIds> questions;
  for (const auto& reasoning : reasonings_) questions.push_back(reasoning.question);
  const auto reader = encoder().begin(pad(questions, Padding::left));
  std::vector<std::size_t> active(reasonings_.size());
  std::iota(active.begin(), active.end(), std::size_t{0});
  std::vector<std::int64_t> first = {0};
  for (const auto& reasoning : reasonings_) {
    first.push_back(first.back() + static_cast<std::int64_t>(reasoning.steps.size()));
  }
  for (std::size_t i = 0; !active.empty(); ++i) {
    std::vector<TokenIds> steps;
    for (const std::size_t text : active) steps.push_back(reasonings_[text].steps[i]);
    const torch::Tensor read = reader->read(steps);
    std::vector<std::int64_t> going;
    std::vector<std::size_t> next;
    for (std::size_t row = 0; row < active.size(); ++row) {
      const auto place = first[active[row]] + static_cast<std::int64_t>(i);
      EXPECT_TRUE(torch::allclose(read[static_cast<std::int64_t>(row)], at_once[place], kClose, kClose))
          << "text " << active[row] << ", step " << i;
      if (i + 1 == reasonings_[active[row]].steps.size()) continue;
      going.push_back(static_cast<std::int64_t>(row));
      next.push_back(active[row]);
    }
    reader->keep(going);
    active = next;
  }
}

TEST_P(EncodersTest, ATextMayStartWhereOthersAreUnderWay) {
  const torch::Tensor at_once = encoder().encode(make_batch(reasonings_)).mean;
  const auto question = [&](std::size_t text) { return pad({reasonings_[text].question}, Padding::left); };
  const auto reader = encoder().begin(question(0));
  reader->read({reasonings_[0].steps[0]});
  reader->start(question(1));
  const torch::Tensor read = reader->read({reasonings_[0].steps[1], reasonings_[1].steps[0]});
  const auto second = static_cast<std::int64_t>(reasonings_[0].steps.size());
  EXPECT_TRUE(torch::allclose(read[0], at_once[1], kClose, kClose));
  EXPECT_TRUE(torch::allclose(read[1], at_once[second], kClose, kClose));
}

INSTANTIATE_TEST_SUITE_P(Embeddings, EncodersTest,
                         testing::Values(std::pair{"semantic", Mask::causal}, std::pair{"contextual", Mask::causal},
                                         std::pair{"contextual", Mask::prefix}),
                         [](const auto& instance) {
                           return instance.param.first + (instance.param.second == Mask::prefix ? "_prefix" : "");
                         });

TEST(SemanticEncoder, SeesTheSentenceAloneAndTheContextualOneTheTextBefore) {
  const torch::NoGradGuard no_grad;
  const Bundle bundle = tiny_bundle();
  auto reasonings = tiny_reasonings(*bundle.tokenizer);
  TokenizedReasoning other = reasonings[0];
  other.question = reasonings[1].question;
  const auto difference = [&](const std::string& part) {
    const SentenceEncoder& encoder = bundle.autoencoders.at(part)->encoder();
    return (encoder.encode(make_batch({reasonings[0]})).mean - encoder.encode(make_batch({other})).mean)
        .abs()
        .max()
        .item<double>();
  };
  EXPECT_LT(difference("semantic"), kClose);
  EXPECT_GT(difference("contextual"), 0.01);
}

TEST(Decoding, ScoresDoNotDependOnTheLengthsOfTheOtherSentences) {
  const torch::NoGradGuard no_grad;
  const Bundle bundle = tiny_bundle();
  const SentenceDecoder& decoder = bundle.writing().decoder();
  const torch::Tensor z = torch::randn({5, bundle.writing().latent_width()});
  std::vector<TokenIds> spans;
  for (const std::size_t length : {17u, 3u, 9u, 8u, 1u}) spans.emplace_back(length, static_cast<TokenId>(300 + length));
  const torch::Tensor together = decoder.logits(z, pad(spans));
  std::vector<torch::Tensor> alone;
  for (std::int64_t row = 0; row < 5; ++row) {
    alone.push_back(decoder.logits(z.narrow(0, row, 1), pad({spans[static_cast<std::size_t>(row)]})));
  }
  EXPECT_TRUE(torch::allclose(together, torch::cat(alone), 1e-4, 1e-4));
}

TEST(Decoding, IsExactInScoreIfAndOnlyIfGreedyWritingIsExact) {
  const torch::NoGradGuard no_grad;
  const Bundle bundle = tiny_bundle();
  const SentenceDecoder& decoder = bundle.writing().decoder();
  const torch::Tensor z = torch::randn({6, bundle.writing().latent_width()}) * 3.0;
  std::vector<TokenIds> written(6);
  const auto writer = decoder.begin(z);
  for (int t = 0; t < 5; ++t) {
    const torch::Tensor ids = writer->logits().argmax(-1);
    for (std::size_t row = 0; row < 6; ++row) {
      written[row].push_back(static_cast<TokenId>(ids[static_cast<std::int64_t>(row)].item<std::int64_t>()));
    }
    writer->append(ids);
  }
  EXPECT_TRUE(score_decoding(decoder, z, pad(written)).exact.all().item<bool>());
  written[2][4] = (written[2][4] + 1) % bundle.tokenizer->vocab_size();
  written[4].pop_back();
  const torch::Tensor exact = score_decoding(decoder, z, pad(written)).exact;
  EXPECT_TRUE(torch::equal(exact, torch::tensor({true, true, false, true, true, true})));
}

TEST(GaussianBottleneck, DrawsHaveTheMeanAndTheVarianceOfThePosterior) {
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(3);
  const torch::Tensor mean = torch::full({4000, 2}, 5.0);
  const torch::Tensor z = sample({mean, torch::tensor({0.0, std::log(9.0)}).expand({4000, 2})}, generator);
  EXPECT_TRUE(torch::allclose(z.mean(0), torch::tensor({5.0, 5.0}), 0.0, 0.15)) << z.mean(0);
  EXPECT_TRUE(torch::allclose(z.std(0), torch::tensor({1.0, 3.0}), 0.05)) << z.std(0);
  EXPECT_TRUE(torch::equal(sample({mean, std::nullopt}, generator), mean)) << "without a variance nothing is drawn";
}

TEST(GaussianAutoencoder, DrawsFromItsPosteriorAndRoundTripsItsConfiguration) {
  const nlohmann::json model = to_json(LanguageModelConfig{64, tiny_transformer()});
  const nlohmann::json json = {{"model", model},    {"encoder", "contextual"}, {"bottleneck", "gaussian"},
                               {"latent_width", 8}, {"decoder", "prefix"},     {"readout", 0}};
  const auto config = from_json<AutoencoderConfig>(json, "json");
  Weights weights(1);
  const Autoencoder autoencoder(config, weights);
  EXPECT_EQ(autoencoder.latent_width(), 8);
  const auto batch = make_batch({TokenizedReasoning{{5, 6, 1}, {{7, 8, 1}, {9, 1}}}});
  const Posterior posterior = autoencoder.encoder().encode(batch);
  ASSERT_TRUE(posterior.log_variance);
  EXPECT_EQ(posterior.mean.sizes(), (std::vector<std::int64_t>{2, 8}));
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(3);
  const torch::Tensor z = sample(posterior, generator);
  EXPECT_FALSE(torch::equal(z, posterior.mean));
  EXPECT_EQ(autoencoder.decoder().logits(z, batch.steps).sizes(), (std::vector<std::int64_t>{5, 64}));
  EXPECT_EQ(to_json(config), json);
}

}  // namespace
}  // namespace noema
