#include "nn/device/steps_ahead.h"

#include <torch/torch.h>

#include "nn/model/index_tensor.h"

namespace noema {

void StepsAhead::join(const HiddenStream& entering) {
  if (stream_) {
    stream_->join(entering);
  } else {
    stream_ = entering;
  }
}

std::vector<torch::Tensor> StepsAhead::now() {
  if (ahead_.empty()) {
    after_ = stream_;  // a copy looks at the same slots, but at none behind its own
    ahead_ = recorder_->take(*after_);
    place_ = 0;
  }
  return at(place_);
}

void StepsAhead::next() {
  if (++place_ < ahead_.front().size(0)) return;
  stream_ = std::move(after_);
  after_.reset();
  ahead_.clear();
}

void StepsAhead::keep(const std::vector<std::int64_t>& rows) {
  if (rows.empty()) {
    stream_.reset();
    after_.reset();
    ahead_.clear();
    return;
  }
  stream_->keep(rows);
  if (after_) after_->keep(rows);
  for (torch::Tensor& one : ahead_) one = one.index_select(1, index_tensor(rows));
}

std::vector<std::vector<torch::Tensor>> StepsAhead::rewind() {
  std::vector<std::vector<torch::Tensor>> taken;
  for (std::int64_t place = 0; place < place_; ++place) taken.push_back(at(place));
  after_.reset();
  ahead_.clear();
  return taken;
}

std::vector<torch::Tensor> StepsAhead::at(std::int64_t place) const {
  std::vector<torch::Tensor> here;
  for (const torch::Tensor& one : ahead_) here.push_back(one[place]);
  return here;
}

}  // namespace noema
