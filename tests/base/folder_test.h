#pragma once

#include <gtest/gtest.h>

#include "tests/support/temporary_folder.h"

namespace noema {

using test::message_of;

/// A test with an empty folder of its own.
class FolderTest : public ::testing::Test {
 protected:
  /// Hidden ones, too.
  std::size_t files() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(folder_), std::filesystem::directory_iterator()));
  }

 private:
  test::TemporaryFolder temporary_;

 protected:
  const std::filesystem::path folder_ = temporary_.path();
};

}  // namespace noema
