#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "base/descriptor.h"

namespace noema {

/// Makes a folder, or replaces the one that is there: `fill` writes to a new one beside it, which takes its place when
/// all of it is on the disk. Until then, and when `fill` throws, nothing has changed. Throws Error.
void write_folder(const std::filesystem::path& folder, const std::function<void(const std::filesystem::path&)>& fill);

/// Throws Error when there is anything in the folder that `is_own(name)` does not know: output never replaces, nor is
/// mixed with, what is something else. `what` says what the folder may hold: "a model bundle". There need be no folder.
void check_output_folder(const std::filesystem::path& folder, const std::string& what,
                         const std::function<bool(const std::string& name)>& is_own);

/// As long as it lives, no other process gets the lock of the same folder, which is made where there is none. It ends
/// with its process, however that ends. File systems without locks give it to everybody.
class FolderLock {
 public:
  /// Throws Error when another process has it.
  explicit FolderLock(const std::filesystem::path& folder);

 private:
  Descriptor open_;
};

}  // namespace noema
