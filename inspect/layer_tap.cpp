#include "inspect/layer_tap.h"

#include <torch/torch.h>

#include <algorithm>

#include "nn/positions.h"

namespace noema {
namespace {

torch::Tensor& at_layer(std::vector<torch::Tensor>& layers, int layer) {
  const auto index = static_cast<std::size_t>(layer);
  if (layers.size() <= index) layers.resize(index + 1);
  return layers[index];
}

}  // namespace

void LayerTap::on_layer(int layer, const Positions&, const torch::Tensor& hidden) {
  // Questions are padded on the left and sentences come one at a time: the last place is the one that predicts.
  if (!is_reasoning()) return;
  if (layer == 0) hidden_.clear();  // of another model, with more layers perhaps
  at_layer(hidden_, layer) = hidden.select(1, -1).clone();
}

void LayerTap::on_attention_weights(int layer, const Positions& at, const torch::Tensor& weights) {
  at_layer(attention_, layer) = weights.clone();
  at_layer(visible_, layer) = at.mask.defined() ? at.mask.select(1, 0).select(1, -1) : torch::Tensor();
}

void LayerTap::on_step(std::size_t question, std::size_t index, const Step& step) {
  if (!is_reasoning() || !step.concept_.defined()) return;
  const auto found = std::find(rows_.begin(), rows_.end(), question);
  if (found == rows_.end()) return;
  const std::int64_t row = found - rows_.begin();
  LayerOutputs outputs;
  std::vector<torch::Tensor> hidden, attention;
  for (const torch::Tensor& layer : hidden_) hidden.push_back(layer[row]);
  outputs.hidden = torch::stack(hidden).to(torch::kCPU, torch::kFloat32);
  for (std::size_t layer = 0; layer < attention_.size(); ++layer) {
    const torch::Tensor weights = attention_[layer][row];  // [H,K]
    attention.push_back(visible_[layer].defined() ? weights.index({torch::indexing::Slice(), visible_[layer][row]})
                                                  : weights);
  }
  if (!attention.empty()) outputs.attention = torch::stack(attention).to(torch::kCPU, torch::kFloat32);
  kept_[{question, index}] = std::move(outputs);
}

const LayerOutputs* LayerTap::find(std::size_t question, std::size_t step) const {
  const auto found = kept_.find({question, step});
  return found == kept_.end() ? nullptr : &found->second;
}

}  // namespace noema
