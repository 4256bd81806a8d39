#include "nn/kernels/fast_exp.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace noema {
namespace {

TEST(FastExp, IsTheExponentialToSevenDigits) {
  for (float x = -87.0F; x <= 87.0F; x += 0.37F) EXPECT_NEAR(fast_exp(x) / std::exp(x), 1.0, 3e-7) << x;
  EXPECT_EQ(fast_exp(0.0F), 1.0F);
}

TEST(FastExp, IsClampedWhereAFloatEnds) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(fast_exp(-kInfinity), fast_exp(-87.0F));
  EXPECT_EQ(fast_exp(-1e30F), fast_exp(-87.0F));
  EXPECT_EQ(fast_exp(kInfinity), fast_exp(87.0F));
}

TEST(FastExp, LeavesNaNWhatItIs) {
  EXPECT_TRUE(std::isnan(fast_exp(std::numeric_limits<float>::quiet_NaN())));
  EXPECT_TRUE(std::isnan(fast_exp(-std::numeric_limits<float>::quiet_NaN())));
}

}  // namespace
}  // namespace noema
