#include "nn/device/token_recorder.h"

#include <torch/torch.h>

#include "nn/model/index_tensor.h"

namespace noema {
namespace {

torch::Tensor ids_of(const torch::Tensor& chosen /*[N,C]*/) { return chosen.select(1, 0).to(torch::kLong); }

}  // namespace

TokenRecorder::TokenRecorder(std::shared_ptr<const Accelerator> accelerator, const LanguageModel& model,
                             ChooseTokens choose)
    : model_(model), steps_(std::move(accelerator), model, [&model, choose = std::move(choose)](HiddenStream& stream) {
        const torch::Tensor chosen = choose(model.logits(stream.hidden(), {single_positions(stream.rows())}));
        stream.append(model.embed(ids_of(chosen)));
        return std::vector<torch::Tensor>{chosen};
      }) {}

void TokensAhead::append(const std::vector<std::int64_t>& ids) {
  if (ids_of(now()).equal(index_tensor(ids))) return steps_.next();
  for (const auto& taken : steps_.rewind()) steps_.append(model_->embed(ids_of(taken[0])));
  steps_.append(model_->embed(index_tensor(ids)));
}

}  // namespace noema
