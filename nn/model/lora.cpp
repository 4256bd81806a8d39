#include "nn/model/lora.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

constexpr std::array kMaps = {"attention.qkv", "attention.out", "feed_forward.in", "feed_forward.out"};
constexpr std::string_view kWeight = "weight", kLora = "lora.";

/// Whether `prefix`, such as "layers.3.attention.qkv.", is that of a map to be adapted.
bool is_target(std::string_view prefix, const LoraOptions& options) {
  return std::any_of(options.targets.begin(), options.targets.end(),
                     [&](const std::string& target) { return prefix.ends_with("." + target + "."); });
}

std::string map_names() {
  std::string names;
  for (const char* map : kMaps) names += (names.empty() ? "" : ", ") + std::string(map);
  return names;
}

TensorMap take_adapters(TensorMap& tensors) {
  TensorMap adapters;
  for (auto next = tensors.begin(); next != tensors.end();) {
    const auto here = next++;
    if (here->first.find("." + std::string(kLora)) != std::string::npos) adapters.insert(tensors.extract(here));
  }
  return adapters;
}

}  // namespace

void LoraOptions::fields(Fields& fields) {
  fields.add("rank", rank, {1, 1024}, "of the change of each map");
  fields.add("alpha", alpha, {std::numeric_limits<double>::min(), 1e6}, "the change is scaled by alpha / rank");
  fields.add("targets", targets, "maps of every layer that are adapted, among " + map_names());
}

void LoraOptions::check(const std::string& where) const {
  const std::string maps = map_names();
  if (targets.empty()) throw Error({where + ": targets", "some of " + maps, "none", ""});
  for (const std::string& target : targets) {
    if (std::find(kMaps.begin(), kMaps.end(), target) != kMaps.end()) continue;
    throw Error({where + ": targets", "some of " + maps, printable(target), ""});
  }
}

LoraAdapter::LoraAdapter(WeightScope map, std::int64_t inner, std::int64_t columns, const LoraOptions& options)
    : scale_(options.alpha / static_cast<double>(options.rank)),
      // A x is then about as large as an element of x is, whatever the width.
      a_(map.get("lora.a", {options.rank, inner}, Init::normal(1.0 / std::sqrt(static_cast<double>(inner))))),
      b_(map.get("lora.b", {columns, options.rank}, Init::zeros())) {}

torch::Tensor LoraAdapter::operator()(const torch::Tensor& x) const {
  return at::linear(at::linear(x, a_), b_) * scale_;
}

torch::Tensor LoraAdapter::change() const { return at::matmul(b_, a_) * scale_; }

std::optional<LoraAdapter> make_lora(WeightScope map, std::int64_t inner, std::int64_t columns) {
  if (!map.lora() || !is_target(map.prefix(), *map.lora())) return std::nullopt;
  return LoraAdapter(map, inner, columns, *map.lora());
}

TensorMap merge_lora(TensorMap tensors, const LoraOptions& options, const std::string& where) {
  const torch::NoGradGuard no_grad;
  TensorMap adapters = take_adapters(tensors);
  std::size_t left = adapters.size();
  Weights factors(std::move(adapters), where);
  for (auto& [name, weight] : tensors) {
    const std::string map = name.substr(0, name.size() - std::min(name.size(), kWeight.size()));
    if (!name.ends_with(kWeight) || weight.dim() != 2 || !is_target(map, options)) continue;
    const LoraAdapter adapter({factors, map}, weight.size(1), weight.size(0), options);
    weight = weight.to(torch::kFloat32) + adapter.change();
    left -= 2;
  }
  if (left == 0) return tensors;
  throw Error({where, "adapters of the maps that are its targets", std::to_string(left) + " tensors more",
               "the adapters were made for another architecture"});
}

}  // namespace noema
