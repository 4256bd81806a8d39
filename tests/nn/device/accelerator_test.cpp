#include "nn/device/accelerator.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "nn/model/token_stream.h"
#include "support/gpu.h"
#include "tests/nn/tiny_model.h"

namespace noema {
namespace {

/// The model of tiny_model(), elsewhere.
LanguageModel model_on(torch::Device device, const TransformerConfig& config) {
  Weights here(7);
  LanguageModel model({test::kVocabulary, config}, here);
  Weights there(here.tensors(), "test", torch::dtype(torch::kFloat32).device(device));
  return {{test::kVocabulary, config}, there};
}

TEST(OpenCuda, SaysWhatIsMissingOrOpensAGpu) {
  try {
    const auto gpu = open_cuda();
    EXPECT_TRUE(gpu->device().is_cuda());
    EXPECT_FALSE(gpu->name().empty());
  } catch (const Error& error) {
    EXPECT_EQ(error.problem().where, "--device cuda");
    EXPECT_FALSE(error.problem().found.empty());
    EXPECT_NE(error.problem().remedy.find("--device cpu"), std::string::npos);
  }
}

class Gpu : public GpuTest {};

TEST_F(Gpu, GivesTheLogitsOfTheProcessor) {
  const c10::InferenceMode inference;
  for (const auto style : {&test::tiny_gpt2, &test::tiny_llama, &test::tiny_convolution, &test::tiny_prefix}) {
    const LanguageModel here = model_on(torch::kCPU, style()), there = model_on(gpu_->device(), style());
    const torch::Tensor ids = torch::tensor({{0, 0, 1, 2, 3, 4}, {5, 6, 7, 8, 9, 10}}, torch::kLong);
    TokenStream slow(here, here.embed(ids), {4, 6}, 16), fast(there, there.embed(ids), {4, 6}, 16);
    for (const std::vector<std::int64_t>& next : std::vector<std::vector<std::int64_t>>{{1, 2}, {3, 4}, {5, 6}}) {
      EXPECT_LE(test::difference(fast.logits().cpu(), slow.logits()), 1e-3);
      slow.append(torch::tensor(next));
      fast.append(torch::tensor(next));
    }
  }
}

TEST_F(Gpu, ReplaysWhatItRecorded) {
  const torch::Tensor in = torch::zeros({4}, torch::device(gpu_->device()));
  torch::Tensor out;
  const auto recording = gpu_->record([&] { out = in * 2 + 1; });
  for (const double value : {1.0, 5.0}) {
    in.fill_(value);
    recording->replay();
    EXPECT_EQ(out.cpu()[0].item<double>(), 2 * value + 1);
  }
}

TEST_F(Gpu, RecordsAgainWhereNoRecordingIsLeft) {
  const torch::Tensor in = torch::ones({4}, torch::device(gpu_->device()));
  for (int round = 0; round < 3; ++round) {
    torch::Tensor out;
    const auto recording = gpu_->record([&] { out = in * 2; });
    recording->replay();
    EXPECT_EQ(out.cpu()[0].item<double>(), 2.0);
  }
}

}  // namespace
}  // namespace noema
