#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nn/formats/safetensors.h"
#include "nn/model/token_stream.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

constexpr double kLogitTolerance = 1e-5;
constexpr std::int64_t kMaxPositions = 16;

/// A model with weights and logits of Hugging Face transformers; see scripts/make-parity-fixtures.py.
struct Fixture {
  Fixture(const std::string& name, const TransformerConfig& config)
      : tensors(read_safetensors(NOEMA_TEST_DATA "/parity/" + name + ".safetensors").tensors),
        ids(tensors.at("input_ids")),
        logits(tensors.at("logits")),
        weights(tensors, name),
        model({logits.size(2), config}, weights) {}

  TensorMap tensors;
  torch::Tensor ids;     // [B,T]
  torch::Tensor logits;  // [B,T,V]
  Weights weights;
  LanguageModel model;
};

Fixture gpt2() {
  TransformerConfig config = gpt2_style(2, 32, 4, kMaxPositions);
  config.feed_forward = 64;
  return {"gpt2", config};
}

Fixture llama() { return {"llama", llama_style(2, 32, 4, 2, 48, kMaxPositions)}; }

class Parity : public testing::TestWithParam<Fixture (*)()> {
 protected:
  Fixture fixture_ = GetParam()();
};

INSTANTIATE_TEST_SUITE_P(Styles, Parity, testing::Values(&gpt2, &llama),
                         [](const auto& test) { return test.param == &llama ? "Llama" : "Gpt2"; });

TEST_P(Parity, EveryWeightOfTheFixtureIsUsed) {
  // Tensors made up for names that the fixture lacks would show here, too.
  EXPECT_EQ(fixture_.weights.tensors().size(), fixture_.tensors.size());
  Weights fresh(1);
  const LanguageModel model(fixture_.model.config(), fresh);
  EXPECT_EQ(fresh.tensors().size() + 2, fixture_.tensors.size());  // and input_ids and logits
}

TEST_P(Parity, UncachedLogits) {
  ASSERT_EQ(fixture_.ids.sizes(), (std::vector<std::int64_t>{2, 12}));
  ASSERT_EQ(fixture_.logits.sizes(), (std::vector<std::int64_t>{2, 12, 64}));
  const Positions at = causal_positions({12, 12}, 12, torch::kCPU);
  const Pass pass{at};
  const LanguageModel& model = fixture_.model;
  EXPECT_LE(test::difference(model.logits(model.hidden(model.embed(fixture_.ids), pass), pass), fixture_.logits),
            kLogitTolerance);
}

TEST_P(Parity, CachedLogits) {
  KvCache cache = fixture_.model.make_cache(2, 4);
  for (const auto& [begin, width] : {std::pair{0, 5}, {5, 1}, {6, 4}, {10, 1}, {11, 1}}) {
    const Positions at = cache.extend({width, width}, width, Padding::right);
    const Pass pass{at, &cache};
    const torch::Tensor embeddings = fixture_.model.embed(fixture_.ids.narrow(1, begin, width));
    const torch::Tensor logits = fixture_.model.logits(fixture_.model.hidden(embeddings, pass), pass);
    EXPECT_LE(test::difference(logits, fixture_.logits.narrow(1, begin, width)), kLogitTolerance) << begin;
  }
}

TEST_P(Parity, StreamedLogitsOfUnequalRows) {
  const LanguageModel& model = fixture_.model;
  // The first row begins with 3 tokens, the second with 5: two tokens of padding stand before the first.
  const torch::Tensor padded = torch::stack({fixture_.ids[0].narrow(0, 0, 5).roll(2), fixture_.ids[1].narrow(0, 0, 5)});
  TokenStream stream(model, model.embed(padded), {3, 5}, 12);
  for (std::int64_t t = 0; t < 7; ++t) {
    const torch::Tensor expected = torch::stack({fixture_.logits[0][2 + t], fixture_.logits[1][4 + t]});
    EXPECT_LE(test::difference(stream.logits(), expected), kLogitTolerance) << t;
    stream.append(torch::stack({fixture_.ids[0][3 + t], fixture_.ids[1][5 + t]}));
  }
}

}  // namespace
}  // namespace noema
