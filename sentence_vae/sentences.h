#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/model/positions.h"
#include "text/tokenizer.h"

namespace noema {

using TokenIds = std::vector<TokenId>;

/// Token spans of unequal length in one tensor.
struct Sentences {
  torch::Tensor ids;                  ///< [N,T] int64, padded with 0
  std::vector<std::int64_t> lengths;  ///< [N]

  std::int64_t count() const { return static_cast<std::int64_t>(lengths.size()); }
  std::int64_t width() const { return ids.size(1); }

  /// The same with the ids on this device.
  Sentences to(torch::Device device) const { return {ids.to(device), lengths}; }

  /// The spans of these numbers [M] int64, which may be on another device.
  Sentences select(const torch::Tensor& numbers) const;

  /// Places of the real tokens in the flattened ids, row after row, on a device; and the tokens there, beside the ids.
  /// Both [M] int64.
  torch::Tensor real_places(torch::Device device = torch::kCPU) const;
  torch::Tensor real_tokens() const { return ids.flatten().index_select(0, real_places(ids.device())); }

  /// Places of each row's last token in the flattened ids [N]; for rows padded on the right.
  torch::Tensor last_places(torch::Device device = torch::kCPU) const;
};

/// Pads to the longest span, rounded up to a multiple of `multiple` (fewer shapes, fewer kernels to prepare).
Sentences pad(const std::vector<TokenIds>& spans, Padding padding = Padding::right, std::int64_t multiple = 1);

}  // namespace noema
