#include "nn/model/token_stream.h"

#include <torch/torch.h>

#include "nn/model/index_tensor.h"

namespace noema {

TokenStream::TokenStream(const LanguageModel& model, const torch::Tensor& embeddings,
                         const std::vector<std::int64_t>& lengths, std::int64_t room, ComputeObserver* observer)
    : model_(&model), observer_(observer), stream_(model, embeddings, lengths, room, observer), logits_(score()) {}

void TokenStream::append(const torch::Tensor& ids) {
  stream_.append(model_->embed(ids));
  logits_ = score();
}

void TokenStream::keep(const std::vector<std::int64_t>& rows) {
  stream_.keep(rows);
  logits_ = logits_.index_select(0, index_tensor(rows, logits_.device()));
}

void TokenStream::join(const TokenStream& other) {
  stream_.join(other.stream_);
  logits_ = torch::cat({logits_, other.logits_});
}

torch::Tensor TokenStream::score() const {
  return model_->logits(stream_.hidden(), {single_positions(stream_.rows()), nullptr, observer_});
}

}  // namespace noema
