#include "sentence_vae/readout.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "nn/model/index_tensor.h"
#include "nn/model/positions.h"
#include "sentence_vae/losses.h"

namespace noema {

Readout::Readout(const LanguageModel& model, std::int64_t latent_width, std::int64_t places, WeightScope weights)
    : model_(model),
      places_(places),
      maps_(weights, latent_width, places * model.width(), false, 1.0 / std::sqrt(static_cast<double>(latent_width))) {}

torch::Tensor Readout::logits(const torch::Tensor& z, ComputeObserver* observer) const {
  const torch::Tensor hidden = maps_(z, {single_positions(z.size(0)), nullptr, observer});  // [N,places*D]
  return model_.logits(hidden.view({z.size(0), places_, model_.width()}),
                       {single_positions(z.size(0)), nullptr, observer});
}

torch::Tensor Readout::loss(const torch::Tensor& z, const Sentences& sentences) const {
  std::vector<std::int64_t> read, tokens;  // place among the N * places read; place in the flattened ids
  for (std::int64_t row = 0; row < sentences.count(); ++row) {
    const std::int64_t last = sentences.lengths[static_cast<std::size_t>(row)] - 2;  // before the newline
    for (std::int64_t place = 0; place < std::min(places_, last + 1); ++place) {
      read.push_back(row * places_ + place);
      tokens.push_back(row * sentences.width() + last - place);
    }
  }
  const torch::Tensor wanted = sentences.ids.flatten().index_select(0, index_tensor(tokens, sentences.ids.device()));
  return token_cross_entropy(logits(z).flatten(0, 1).index_select(0, index_tensor(read, z.device())), wanted);
}

}  // namespace noema
