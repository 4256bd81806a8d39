#include "inspect/records/layer_tap.h"

#include <torch/torch.h>

#include "nn/model/positions.h"

namespace noema {

void LayerTap::on_layer(int layer, const Positions&, const torch::Tensor& hidden) {
  if (!is_reasoning()) return;
  // Questions are padded on the left and sentences come one at a time: the last place is the one that predicts.
  const torch::Tensor last = hidden.select(1, -1).clone();  // [B,D]
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    auto& layers = last_[rows_[row]].hidden;
    layers.resize(static_cast<std::size_t>(layer));  // those of another model, with more layers perhaps, go
    layers.push_back(last[static_cast<std::int64_t>(row)]);
  }
}

void LayerTap::on_attention_weights(int layer, const Positions& at, const torch::Tensor& weights /*[B,H,K]*/) {
  const torch::Tensor all = weights.clone();
  const torch::Tensor visible = at.mask.defined() ? at.mask.select(1, 0).select(1, -1) : torch::Tensor();  // [B,K]
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    const auto index = static_cast<std::int64_t>(row);
    auto& layers = last_[rows_[row]].attention;
    layers.resize(static_cast<std::size_t>(layer));
    layers.push_back(visible.defined() ? all[index].index({torch::indexing::Slice(), visible[index]}) : all[index]);
  }
}

void LayerTap::on_step(std::size_t question, std::size_t index, const Step& step) {
  if (!is_reasoning() || !step.concept_.defined()) return;
  const auto found = last_.find(question);
  if (found == last_.end() || found->second.hidden.empty()) return;
  const auto& [hidden, attention] = found->second;
  LayerOutputs outputs;
  outputs.hidden = torch::stack(hidden).to(torch::kCPU, torch::kFloat32);
  if (!attention.empty()) outputs.attention = torch::stack(attention).to(torch::kCPU, torch::kFloat32);
  kept_[{question, index}] = std::move(outputs);
}

const LayerOutputs* LayerTap::find(std::size_t question, std::size_t step) const {
  const auto found = kept_.find({question, step});
  return found == kept_.end() ? nullptr : &found->second;
}

}  // namespace noema
