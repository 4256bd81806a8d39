#include "sentence_vae/sentences.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/model/index_tensor.h"

namespace noema {

torch::Tensor Sentences::real_places(torch::Device device) const {
  std::vector<std::int64_t> places;
  for (std::int64_t row = 0; row < count(); ++row) {
    for (std::int64_t t = 0; t < lengths[static_cast<std::size_t>(row)]; ++t) places.push_back(row * width() + t);
  }
  return index_tensor(places, device);
}

torch::Tensor Sentences::last_places(torch::Device device) const {
  std::vector<std::int64_t> places;
  for (std::int64_t row = 0; row < count(); ++row) {
    places.push_back(row * width() + lengths[static_cast<std::size_t>(row)] - 1);
  }
  return index_tensor(places, device);
}

Sentences Sentences::select(const torch::Tensor& numbers) const {
  const torch::Tensor all = index_tensor(lengths).index_select(0, numbers.cpu()).contiguous();
  const auto* first = all.data_ptr<std::int64_t>();
  return {ids.index_select(0, numbers.to(ids.device())), {first, first + all.numel()}};
}

Sentences pad(const std::vector<TokenIds>& spans, Padding padding, std::int64_t multiple) {
  std::size_t longest = 1;
  for (const TokenIds& span : spans) longest = std::max(longest, span.size());
  const std::int64_t width = (static_cast<std::int64_t>(longest) + multiple - 1) / multiple * multiple;
  Sentences sentences{torch::zeros({static_cast<std::int64_t>(spans.size()), width}, torch::kLong), {}};
  auto* row = sentences.ids.data_ptr<std::int64_t>();
  for (const TokenIds& span : spans) {
    const std::int64_t length = static_cast<std::int64_t>(span.size());
    std::copy(span.begin(), span.end(), row + (padding == Padding::left ? width - length : 0));
    sentences.lengths.push_back(length);
    row += width;
  }
  return sentences;
}

}  // namespace noema
