#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "nn/model/positions.h"
#include "nn/model/transformer_config.h"

namespace noema {

/// Keys and values of the tokens read so far. Rows of unequal length share the slots: a slot that is padding in a row
/// is marked so and never looked at, wherever it stands. Room is doubled as needed up to the model's longest row.
class KvCache {
 public:
  struct Layer {
    torch::Tensor keys;    ///< [B,Hkv,slots,Dh]
    torch::Tensor values;  ///< [B,Hkv,slots,Dh]
  };

  KvCache(const TransformerConfig& config, std::int64_t rows, std::int64_t slots,
          torch::TensorOptions options = torch::kFloat32);

  /// Takes `width` more slots, of which row b fills lengths[b], padded on the given side; returns where these tokens
  /// stand. What is taken first are questions, for a model that masks them otherwise. Throws Error when a row becomes
  /// longer than the model's longest.
  Positions extend(const std::vector<std::int64_t>& lengths, std::int64_t width, Padding padding);

  /// The same for one token a row. What it does on the device is the same whatever the rows hold: it may be recorded.
  Positions extend();

  /// Writes the keys and values [B,Hkv,T,Dh] of the slots last taken, and returns those of all slots.
  Layer write(std::int64_t layer, const torch::Tensor& keys, const torch::Tensor& values);

  /// x [B,T,C] of the slots last taken, with the K-1 rows that stood before each row's tokens in front of them,
  /// [B,K-1+T,C]; zeros where nothing stood and where a slot is padding. For convolutions of K taps.
  torch::Tensor recall(std::int64_t layer, const torch::Tensor& x);

  /// Keeps these rows, in this order; a row may be kept twice. Slots in front that are padding in all of them are let
  /// go.
  void keep(const std::vector<std::int64_t>& rows);

  /// Takes the rows of another cache of the same model in behind its own. What they have read ends at the same slot.
  void join(const KvCache& other);

  /// Takes over what another cache of the same model has read, in place, so that what was recorded finds it: no more
  /// rows than there are here, and no more slots than are taken here, which end at the same one. All else becomes
  /// padding.
  void assign(const KvCache& other);

  /// Appends the last `slots` slots of another cache, one token a row, of which the first rows are those of this one.
  void append_last(const KvCache& other, std::int64_t slots);

  std::int64_t rows() const { return static_cast<std::int64_t>(lengths_.size()); }
  std::int64_t slots() const { return real_.size(1); }                   ///< that there is room for
  std::int64_t used() const { return used_; }                            ///< slots taken
  const std::vector<std::int64_t>& lengths() const { return lengths_; }  ///< real tokens of each row

 private:
  void take(std::int64_t slots);
  void check_room(const std::vector<std::int64_t>& lengths) const;
  void reserve(std::int64_t slots);
  void note_padding();
  Positions positions(const std::vector<std::int64_t>& lengths, std::int64_t width, Padding padding) const;

  std::int64_t max_positions_;
  TransformerConfig::Mask mask_;
  std::int64_t taps_;  // K
  std::vector<Layer> layers_;
  std::vector<torch::Tensor> recent_;  // by layer [B,K-1,C]: the last rows of what is convolved; empty without taps
  torch::Tensor real_;                 // [B,slots] bool: not padding
  std::vector<std::int64_t> lengths_;  // [B]
  torch::Tensor next_;                 // [B] int64, on the device: the place of each row's next token, its length
  std::int64_t used_ = 0;              // slots taken
  std::int64_t begin_ = 0;             // the first slot of the tokens last taken
  bool padded_ = false;                // some taken slot is padding
  bool padded_last_ = false;           // some of the slots last taken is
  Padding side_ = Padding::right;      // of the padding among the tokens last taken
};

}  // namespace noema
