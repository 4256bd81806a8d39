#pragma once

#include <cstdint>

namespace noema {

/// How GGUF packs one element type: blocks of so many elements in so many bytes.
struct GgufType {
  std::uint32_t number;   ///< in the file
  const char* name;       ///< "Q4_1"
  std::int64_t elements;  ///< a block
  std::int64_t bytes;     ///< a block
  void (*unpack)(const std::uint8_t* block, float* values);
};

/// The type of this number; null when it is not one of F32, F16, BF16, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K.
const GgufType* find_gguf_type(std::uint32_t number);

}  // namespace noema
