// The layouts are those of the GGUF specification and of ggml-common.h in the ggml project (MIT); the code is ours.

#include "nn/formats/gguf_blocks.h"

#include <c10/util/BFloat16.h>
#include <c10/util/Half.h>

#include <cstring>
#include <utility>

namespace noema {
namespace {

using Byte = std::uint8_t;

template <typename T>
T load(const Byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

float half(const Byte* from) { return static_cast<float>(load<c10::Half>(from)); }

template <typename T>
void plain(const Byte* block, float* values) {
  *values = static_cast<float>(load<T>(block));
}

int low(Byte byte) { return byte & 15; }
int high(Byte byte) { return byte >> 4; }

/// 32 elements in 16 bytes: the lower halves are the first 16.
void q4_0(const Byte* block, float* values) {
  const float scale = half(block);
  for (int i = 0; i < 16; ++i) {
    values[i] = static_cast<float>(low(block[2 + i]) - 8) * scale;
    values[i + 16] = static_cast<float>(high(block[2 + i]) - 8) * scale;
  }
}

void q4_1(const Byte* block, float* values) {
  const float scale = half(block), least = half(block + 2);
  for (int i = 0; i < 16; ++i) {
    values[i] = static_cast<float>(low(block[4 + i])) * scale + least;
    values[i + 16] = static_cast<float>(high(block[4 + i])) * scale + least;
  }
}

/// A fifth bit for each of 32 elements stands in a word before the halves.
std::pair<int, int> five_bits(std::uint32_t fifth, const Byte* halves, int i) {
  return {low(halves[i]) | static_cast<int>((fifth >> i) & 1) << 4,
          high(halves[i]) | static_cast<int>((fifth >> (i + 16)) & 1) << 4};
}

void q5_0(const Byte* block, float* values) {
  const float scale = half(block);
  const auto fifth = load<std::uint32_t>(block + 2);
  for (int i = 0; i < 16; ++i) {
    const auto [first, second] = five_bits(fifth, block + 6, i);
    values[i] = static_cast<float>(first - 16) * scale;
    values[i + 16] = static_cast<float>(second - 16) * scale;
  }
}

void q5_1(const Byte* block, float* values) {
  const float scale = half(block), least = half(block + 2);
  const auto fifth = load<std::uint32_t>(block + 4);
  for (int i = 0; i < 16; ++i) {
    const auto [first, second] = five_bits(fifth, block + 8, i);
    values[i] = static_cast<float>(first) * scale + least;
    values[i + 16] = static_cast<float>(second) * scale + least;
  }
}

void q8_0(const Byte* block, float* values) {
  const float scale = half(block);
  for (int i = 0; i < 32; ++i) values[i] = static_cast<float>(static_cast<std::int8_t>(block[2 + i])) * scale;
}

/// Scale and minimum of sub-block `i` of 8, six bits each, in 12 bytes.
std::pair<int, int> scale_and_minimum(const Byte* packed, int i) {
  if (i < 4) return {packed[i] & 63, packed[i + 4] & 63};
  return {low(packed[i + 4]) | (packed[i - 4] >> 6) << 4, high(packed[i + 4]) | (packed[i] >> 6) << 4};
}

/// 256 elements in pairs of sub-blocks of 32, which share 32 bytes; `fifth_bits` is null for four bits.
void k_blocks(float scale, float minimum, const Byte* packed, const Byte* fifth_bits, const Byte* halves,
              float* values) {
  for (int pair = 0; pair < 4; ++pair) {
    for (int upper = 0; upper < 2; ++upper) {
      const int sub = 2 * pair + upper;
      const auto [s, m] = scale_and_minimum(packed, sub);
      for (int i = 0; i < 32; ++i) {
        int quant = upper ? high(halves[32 * pair + i]) : low(halves[32 * pair + i]);
        if (fifth_bits) quant |= ((fifth_bits[i] >> sub) & 1) << 4;
        *values++ = scale * static_cast<float>(s) * static_cast<float>(quant) - minimum * static_cast<float>(m);
      }
    }
  }
}

void q4_k(const Byte* block, float* values) {
  k_blocks(half(block), half(block + 2), block + 4, nullptr, block + 16, values);
}

void q5_k(const Byte* block, float* values) {
  k_blocks(half(block), half(block + 2), block + 4, block + 16, block + 48, values);
}

/// 256 elements in 16 sub-blocks: four low bits, two high bits, a signed scale each.
void q6_k(const Byte* block, float* values) {
  const Byte* scales = block + 192;
  const float scale = half(block + 208);
  for (int side = 0; side < 2; ++side) {
    for (int quarter = 0; quarter < 4; ++quarter) {
      for (int i = 0; i < 32; ++i) {
        const Byte halves = block[64 * side + 32 * (quarter % 2) + i];
        const int upper = (block[128 + 32 * side + i] >> (2 * quarter)) & 3;
        const int quant = (quarter < 2 ? low(halves) : high(halves)) | upper << 4;
        const auto sub = static_cast<std::int8_t>(scales[8 * side + 2 * quarter + i / 16]);
        values[128 * side + 32 * quarter + i] = scale * static_cast<float>(sub) * static_cast<float>(quant - 32);
      }
    }
  }
}

constexpr GgufType kGgufTypes[] = {
    {0, "F32", 1, 4, plain<float>}, {1, "F16", 1, 2, plain<c10::Half>}, {30, "BF16", 1, 2, plain<c10::BFloat16>},
    {2, "Q4_0", 32, 18, q4_0},      {3, "Q4_1", 32, 20, q4_1},          {6, "Q5_0", 32, 22, q5_0},
    {7, "Q5_1", 32, 24, q5_1},      {8, "Q8_0", 32, 34, q8_0},          {12, "Q4_K", 256, 144, q4_k},
    {13, "Q5_K", 256, 176, q5_k},   {14, "Q6_K", 256, 210, q6_k}};

}  // namespace

const GgufType* find_gguf_type(std::uint32_t number) {
  for (const GgufType& type : kGgufTypes) {
    if (type.number == number) return &type;
  }
  return nullptr;
}

}  // namespace noema
