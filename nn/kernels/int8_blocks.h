#pragma once

#include <c10/util/Half.h>
#include <torch/types.h>

#include <array>
#include <cstdint>
#include <memory>

// What the int8 kernel multiplies: inputs and weights in blocks of numbers that share a scale.
namespace noema::int8 {

inline constexpr std::int64_t kBlock = 32;   // numbers that share a scale
inline constexpr std::int64_t kColumns = 8;  // whose products are summed side by side in one register
inline constexpr int kGroups = 8;            // of four numbers of each column in a block: they lie together

using Values = std::array<float, kBlock>;

inline std::int64_t blocks_of(std::int64_t inner) { return (inner + kBlock - 1) / kBlock; }
inline std::int64_t groups_of(std::int64_t columns) { return (columns + kColumns - 1) / kColumns; }

/// Inputs in 8 bits.
struct Rows {
  Rows(std::int64_t count, std::int64_t inner)
      : blocks(blocks_of(inner)),
        values(std::make_unique_for_overwrite<std::int8_t[]>(static_cast<std::size_t>(count * blocks * kBlock))),
        scales(std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(count * blocks))),
        sums(std::make_unique_for_overwrite<float[]>(static_cast<std::size_t>(count * blocks))) {}

  std::int64_t blocks;                    // of a row, the last one padded with zeros
  std::unique_ptr<std::int8_t[]> values;  // [count, blocks, kBlock]
  std::unique_ptr<float[]> scales;        // [count, blocks]
  std::unique_ptr<float[]> sums;          // [count, blocks] of a block's values times its scale
};

/// Rows of x [M,inner]. A block that is all but zero becomes zero; one with an infinity or NaN in it makes its products
/// NaN.
Rows quantized_rows(const torch::Tensor& x);

/// A block of eight columns in 8 bits: w ≈ scale q. `set` returns whether that is near enough.
struct Tile8 {
  static constexpr int kBits = 8;
  std::int8_t values[kGroups][kColumns][4];
  c10::Half scale[kColumns];

  int value(int i, int column) const { return values[i / 4][column][i % 4]; }
  float least(int /*column*/) const { return 0.0F; }

  bool set(int column, const Values& weights);
};

/// The same in 4 bits: w ≈ scale q + least, q from 0 to 15.
struct Tile4 {
  static constexpr int kBits = 4;
  std::uint8_t values[kGroups / 2][kColumns][4];  // low halves: the first four groups, high ones: the others
  c10::Half scale[kColumns], lowest[kColumns];

  int value(int i, int column) const {
    const int both = values[i / 4 % 4][column][i % 4];
    return i < kBlock / 2 ? both & 15 : both >> 4;
  }
  float least(int column) const { return lowest[column]; }

  void set_steps(int column, const Values& weights, float step, float from);

  /// Whether the weights are told to the seven bits of a bf16 number.
  bool fits(int column, const Values& weights) const;

  /// Returns whether they were in 4 bits before. Two common forms: the least and the greatest of them are the first and
  /// the last step, as in a GGUF file's Q4_1; or the one farthest from zero is eight steps away from it, as in Q4_0.
  bool set(int column, const Values& weights);
};

}  // namespace noema::int8
