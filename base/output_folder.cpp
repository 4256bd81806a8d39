#include "base/output_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/error.h"
#include "base/temporary.h"

namespace noema {

namespace fs = std::filesystem;

void write_folder(const fs::path& folder, const std::function<void(const fs::path&)>& fill) {
  struct stat old = {};
  const bool exists = ::stat(folder.c_str(), &old) == 0;
  if (exists && !S_ISDIR(old.st_mode)) throw cannot_write(folder, ENOTDIR);
  Temporary fresh(folder, Temporary::Kind::folder);
  fill(fresh.path());
  if (exists && ::fchmod(fresh.number(), old.st_mode & 0777) != 0) throw cannot_write(folder, errno);
  fresh.take_place();
}

void check_output_folder(const fs::path& folder, const std::string& what,
                         const std::function<bool(const std::string& name)>& is_own) {
  std::error_code failure;
  const fs::file_status status = fs::status(folder, failure);
  if (!fs::exists(status)) return;
  if (!fs::is_directory(status)) throw Error({folder.string(), "a folder", "something else", "choose another name"});
  for (fs::directory_iterator entry(folder, failure), end; !failure && entry != end; entry.increment(failure)) {
    const std::string name = entry->path().filename().string();
    if (is_temporary_name(name) || is_own(name)) continue;
    throw Error({folder.string(), "no folder yet, or one that holds " + what + " alone",
                 "\"" + printable(name, 80) + "\" in it", "choose another folder, or remove this one"});
  }
  if (failure) throw Error({folder.string(), "a readable folder", failure.message(), "check the path"});
}

FolderLock::FolderLock(const fs::path& folder)
    : open_([&] {
        std::error_code failure;
        fs::create_directories(folder, failure);
        return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
      }()) {
  if (!open_.is_open()) throw cannot_write(folder, errno);
  if (::flock(open_.number(), LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) return;
  throw Error({folder.string(), "a folder that no other process is writing to", "one that is being written to",
               "wait until that has ended, or choose another folder"});
}

}  // namespace noema
