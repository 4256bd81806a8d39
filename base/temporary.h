#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/descriptor.h"
#include "base/error.h"

namespace noema {

/// A new file or folder beside the target whose place it is to take (where links lead, if it is one), under a name that
/// nobody can guess, open and locked as long as its process lives. What processes that have died left in that folder is
/// cleared away. It is removed unless it has taken the place.
class Temporary {
 public:
  enum class Kind { file, folder };

  /// Throws Error, naming the target, when it cannot be made.
  Temporary(const std::filesystem::path& target, Kind kind);
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary();

  const std::filesystem::path& path() const { return path_; }
  int number() const { return open_->number(); }  ///< its descriptor

  /// Syncs it and puts it where the target is, which is gone afterwards. At every moment the target is the old one or
  /// the new one, whole. Throws Error, with the target as it was.
  void take_place();

 private:
  void make();
  void replace_folder();

  std::filesystem::path target_, path_;
  Kind kind_;
  std::optional<Descriptor> open_;
};

/// Whether a file or folder of this name is such a temporary one.
bool is_temporary_name(const std::string& name);

/// The Error for a target that cannot be written; `error` is what errno says.
Error cannot_write(const std::filesystem::path& target, int error);

/// Syncs a folder, so that what was made, renamed or removed in it stays so. Throws Error.
void sync_folder(const std::filesystem::path& folder);

/// The folder that a path stands in: "." where it has none.
std::filesystem::path folder_of(const std::filesystem::path& path);

}  // namespace noema
