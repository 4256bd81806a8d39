#pragma once

#include <gtest/gtest.h>

#include "base/error.h"
#include "nn/device/accelerator.h"

namespace noema {

/// Tests that need a GPU; they say that they are skipped where there is none.
class GpuTest : public testing::Test {
 protected:
  void SetUp() override {
    try {
      gpu_ = open_cuda();
    } catch (const Error& error) {
      GTEST_SKIP() << error.what();
    }
  }

  std::shared_ptr<const Accelerator> gpu_;
};

}  // namespace noema
