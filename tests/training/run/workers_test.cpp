#include "training/run/workers.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "training/stages/chain_stage.h"

namespace noema {
namespace {

std::vector<TokenizedReasoning> examples() {
  return {{{3, 4, 1}, {{5, 6, 1}, {9, 1}}}, {{7, 8, 3, 1}, {{4, 1}, {6, 1}}}, {{2, 1}, {{8, 1}, {5, 5, 5, 1}}}};
}

class WorkersTest : public testing::Test {
 protected:
  WorkersTest() : model_({10, llama_style(2, 16, 2, 2, 24, 32)}, weights_) {
    for (const auto& [name, tensor] : weights_.tensors()) parameters_.push_back(tensor.requires_grad_());
  }

  /// All gradients in one row.
  torch::Tensor gradients(const std::vector<ReasoningBatch>& batches, BatchLoss* loss) {
    MicroBatches micro_batches;
    for (const ReasoningBatch& batch : batches) {
      micro_batches.push_back(std::make_shared<const ReasoningMicroBatch>(batch));
    }
    for (torch::Tensor& parameter : parameters_) parameter.mutable_grad().reset();
    *loss = workers_->add_gradients(*objective_, micro_batches, parameters_, {});
    std::vector<torch::Tensor> all;
    for (const torch::Tensor& parameter : parameters_) all.push_back(parameter.grad().flatten());
    return torch::cat(all);
  }

  Weights weights_{1};
  LanguageModel model_;
  std::unique_ptr<const Workers> workers_ = make_thread_workers();
  std::unique_ptr<Objective> objective_ = make_chain_objective(model_, {});
  std::vector<torch::Tensor> parameters_;
};

TEST_F(WorkersTest, MicroBatchesGiveWhatTheWholeBatchGives) {
  const auto all = examples();
  BatchLoss whole, cut;
  const torch::Tensor wanted = gradients({make_batch(all)}, &whole);
  const torch::Tensor found = gradients({make_batch({all[0], all[2]}), make_batch({all[1]})}, &cut);
  EXPECT_LT((found - wanted).abs().max().item<double>(), 1e-5 * wanted.abs().max().item<double>());
  EXPECT_NEAR(cut.total, whole.total, 1e-5);
  EXPECT_NEAR(cut.terms.at("steps"), whole.terms.at("steps"), 1e-5);
}

TEST_F(WorkersTest, TheOrderOfThreadsDoesNotShow) {
  const auto all = examples();
  const std::vector<ReasoningBatch> micro_batches = {make_batch({all[0]}), make_batch({all[1]}), make_batch({all[2]})};
  BatchLoss loss;
  const torch::Tensor once = gradients(micro_batches, &loss);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(torch::equal(gradients(micro_batches, &loss), once));
}

}  // namespace
}  // namespace noema
