// An imported model of full size against Hugging Face. scripts/check-parity writes what that gives, and runs these.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>

#include "base/file.h"
#include "concept_lm/bundle.h"
#include "nn/formats/safetensors.h"
#include "nn/model/token_stream.h"

namespace noema {
namespace {

class BackboneParity : public testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("NOEMA_PARITY");
    if (!folder) GTEST_SKIP() << "needs scripts/check-parity";
    folder_ = folder;
    bundle_ = load_bundle(folder_ / "bundle");
  }

  TensorMap reference(const char* name) const { return read_safetensors(folder_ / name).tensors; }

  std::filesystem::path folder_;
  Bundle bundle_;
};

TEST_F(BackboneParity, GivesTheSameTokens) {
  const nlohmann::json expected = read_json(folder_ / "lines.json");
  ASSERT_EQ(expected["lines"].size(), 10000u);
  for (std::size_t i = 0; i < expected["lines"].size(); ++i) {
    const std::string line = expected["lines"][i];
    EXPECT_EQ(nlohmann::json(bundle_.tokenizer->encode(line)), expected["ids"][i]) << line;
  }
}

TEST_F(BackboneParity, GivesTheSameLogits) {
  const torch::InferenceMode inference;
  const TensorMap expected = reference("logits.safetensors");
  const LanguageModel& model = bundle_.need_chain();
  const torch::Tensor& ids = expected.at("input_ids");
  const Positions at = causal_positions({ids.size(1)}, ids.size(1), torch::kCPU);
  const torch::Tensor logits = model.logits(model.hidden(model.embed(ids), {at}), {at});
  EXPECT_LE((logits - expected.at("logits")).abs().max().item<double>(), 1e-3);
}

TEST_F(BackboneParity, WritesTheSameTokens) {
  const torch::InferenceMode inference;
  const TensorMap expected = reference("greedy.safetensors");
  const LanguageModel& model = bundle_.need_chain();
  const torch::Tensor prompt = expected.at("prompt"), written = expected.at("written")[0];
  TokenStream stream(model, model.embed(prompt), {prompt.size(1)}, prompt.size(1) + written.size(0));
  for (std::int64_t i = 0; i < written.size(0); ++i) {
    const torch::Tensor chosen = stream.logits().argmax(-1);
    ASSERT_EQ(chosen.item<std::int64_t>(), written[i].item<std::int64_t>()) << "token " << i;
    stream.append(chosen);
  }
}

}  // namespace
}  // namespace noema
