#pragma once

#include <bit>
#include <cstdint>

namespace noema {

/// e^x to 2e-7 of its value for x in [-87, 87], clamped beyond, NaN for NaN: range reduction and a polynomial of
/// degree 6.
inline float fast_exp(float value) {
  const float x = value > -87.0f ? (value < 87.0f ? value : 87.0f) : -87.0f;  // a number, NaN's place taken by -87
  const float scaled = x * 1.44269504f;
  const float whole = static_cast<float>(static_cast<std::int32_t>(scaled + (scaled < 0.0f ? -0.5f : 0.5f)));
  const float rest = (x - whole * 0.693359375f) + whole * 2.12194440e-4f;
  float p = 1.3888889e-3f;
  p = p * rest + 8.3333333e-3f;
  p = p * rest + 4.1666667e-2f;
  p = p * rest + 1.6666667e-1f;
  p = p * rest + 0.5f;
  p = p * rest + 1.0f;
  p = p * rest + 1.0f;
  p *= std::bit_cast<float>((static_cast<std::int32_t>(whole) + 127) << 23);
  return value == value ? p : value;
}

}  // namespace noema
