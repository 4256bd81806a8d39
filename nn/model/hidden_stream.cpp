#include "nn/model/hidden_stream.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/model/index_tensor.h"

namespace noema {

HiddenStream::HiddenStream(const LanguageModel& model, const torch::Tensor& embeddings,
                           const std::vector<std::int64_t>& lengths, std::int64_t room, ComputeObserver* observer)
    : model_(&model), cache_(model.make_cache(embeddings.size(0), room)), observer_(observer) {
  const Positions at = cache_.extend(lengths, embeddings.size(1), Padding::left);
  hidden_ = model_->hidden(embeddings, {at, &cache_, observer_}).select(1, -1);
}

HiddenStream::HiddenStream(const LanguageModel& model, KvCache cache, torch::Tensor hidden)
    : model_(&model), cache_(std::move(cache)), hidden_(std::move(hidden)) {}

void HiddenStream::append(const torch::Tensor& embeddings) {
  const Positions at = cache_.extend();
  hidden_ = model_->hidden(embeddings.unsqueeze(1), {at, &cache_, observer_}).select(1, -1);
}

void HiddenStream::append(const torch::Tensor& embeddings, const std::vector<std::int64_t>& lengths) {
  const std::int64_t width = embeddings.size(1), all = rows() * width;
  const Positions at = cache_.extend(lengths, width, Padding::right);
  const torch::Tensor read = model_->hidden(embeddings, {at, &cache_, observer_}).flatten(0, 1);  // [B*T,D]
  std::vector<std::int64_t> last;  // of each row among what was read and, behind it, the states before
  for (std::int64_t row = 0; row < rows(); ++row) {
    const std::int64_t length = lengths[static_cast<std::size_t>(row)];
    last.push_back(length > 0 ? row * width + length - 1 : all + row);
  }
  hidden_ = torch::cat({read, hidden_}).index_select(0, index_tensor(last, read.device()));
}

void HiddenStream::keep(const std::vector<std::int64_t>& rows) {
  cache_.keep(rows);
  hidden_ = hidden_.index_select(0, index_tensor(rows, hidden_.device()));
}

void HiddenStream::join(const HiddenStream& other) {
  cache_.join(other.cache_);
  hidden_ = torch::cat({hidden_, other.hidden_});
}

void HiddenStream::assign(const HiddenStream& other) {
  cache_.assign(other.cache_);
  hidden_.narrow(0, 0, other.rows()).copy_(other.hidden_);
}

void HiddenStream::follow(const HiddenStream& other, std::int64_t steps) {
  cache_.append_last(other.cache_, steps);
  hidden_ = other.hidden_.narrow(0, 0, rows()).clone();
}

std::int64_t HiddenStream::longest() const {
  return *std::max_element(cache_.lengths().begin(), cache_.lengths().end());
}

}  // namespace noema
