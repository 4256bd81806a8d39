#include "sentence_vae/readout.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "nn/token_stream.h"
#include "sentence_vae/losses.h"

namespace noema {

Readout::Readout(const LanguageModel& model, std::int64_t latent_width, std::int64_t places, WeightScope weights)
    : model_(model),
      places_(places),
      maps_(weights, latent_width, places * model.width(), false, 1.0 / std::sqrt(static_cast<double>(latent_width))) {}

torch::Tensor Readout::loss(const torch::Tensor& z, const Sentences& sentences) const {
  std::vector<std::int64_t> read, tokens;  // place among the N * places read; place in the flattened ids
  for (std::int64_t row = 0; row < sentences.count(); ++row) {
    const std::int64_t last = sentences.lengths[static_cast<std::size_t>(row)] - 2;  // before the newline
    for (std::int64_t place = 0; place < std::min(places_, last + 1); ++place) {
      read.push_back(row * places_ + place);
      tokens.push_back(row * sentences.width() + last - place);
    }
  }
  const Positions at = single_positions(z.size(0));
  const torch::Tensor all = maps_(z, {at}).view({z.size(0) * places_, model_.width()});
  const torch::Tensor hidden = all.index_select(0, torch::tensor(read, torch::kLong));
  const torch::Tensor wanted = sentences.ids.flatten().index_select(0, torch::tensor(tokens, torch::kLong));
  return token_cross_entropy(model_.logits(hidden, {single_positions(hidden.size(0))}), wanted);
}

}  // namespace noema
