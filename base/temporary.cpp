#include "base/temporary.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace noema {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".noema-", kSuffix = ".tmp";
constexpr std::size_t kDigits = 16;

/// Where links at the end of a path lead, whether or not there is anything.
fs::path end_of_links(fs::path path) {
  constexpr int kMostLinks = 40;
  for (int i = 0; i < kMostLinks; ++i) {
    std::error_code failure;
    const fs::path to = fs::read_symlink(path, failure);
    if (failure) return path;
    path = to.is_absolute() ? to : folder_of(path) / to;
  }
  throw ELOOP;
}

std::string unguessable_name() {
  std::array<unsigned char, kDigits / 2> bytes = {};
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) throw errno;
  std::string name(kPrefix);
  for (const unsigned char byte : bytes) {
    name += "0123456789abcdef"[byte >> 4];
    name += "0123456789abcdef"[byte & 15];
  }
  return name.append(kSuffix);
}

}  // namespace

bool is_temporary_name(const std::string& name) {
  return name.size() == kPrefix.size() + kDigits + kSuffix.size() && name.starts_with(kPrefix) &&
         name.ends_with(kSuffix) &&
         name.find_first_not_of("0123456789abcdef", kPrefix.size()) == name.size() - kSuffix.size();
}

namespace {

/// Whether the lock was taken; file systems that know no locks give it, too.
bool try_lock(int number) { return ::flock(number, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK; }

bool is_leftover(const fs::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat status = {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0 || status.st_uid != ::geteuid()) return false;
  return ::flock(file.number(), LOCK_EX | LOCK_NB) == 0;
}

void clear_leftovers(const fs::path& folder) {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (fs::directory_iterator entry(folder, ignored), end; !ignored && entry != end; entry.increment(ignored)) {
    if (is_temporary_name(entry->path().filename().string()) && is_leftover(entry->path()))
      found.push_back(entry->path());
  }
  for (const fs::path& path : found) fs::remove_all(path, ignored);
}

}  // namespace

Error cannot_write(const fs::path& target, int error) {
  return Error({target.string(), "a file that can be written", std::strerror(error),
                error == ENOSPC || error == EDQUOT ? "free some disk space" : "check the path and its permissions"});
}

void sync_folder(const fs::path& folder) {
  const Descriptor open(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some file systems do not sync folders, and say that it is no valid request; an unreadable folder cannot be asked.
  const bool is_synced = open.is_open() ? ::fsync(open.number()) == 0 || errno == EINVAL : errno == EACCES;
  if (!is_synced) throw cannot_write(folder, errno);
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : "."; }

Temporary::Temporary(const fs::path& target, Kind kind) : kind_(kind) {
  try {
    target_ = end_of_links(target.has_filename() ? target : target.parent_path());  // a folder may be "name/"
    std::error_code failure;
    fs::create_directories(folder_of(target_), failure);  // what is wrong with it is said below
    clear_leftovers(folder_of(target_));
    make();
  } catch (int error) {
    throw cannot_write(target, error);
  }
}

void Temporary::make() {
  while (true) {
    path_ = folder_of(target_) / unguessable_name();
    if (kind_ == Kind::folder && ::mkdir(path_.c_str(), 0777) != 0) throw errno;
    const int flags = kind_ == Kind::folder ? O_RDONLY | O_DIRECTORY : O_WRONLY | O_CREAT | O_EXCL;
    open_.emplace(::open(path_.c_str(), flags | O_NOFOLLOW | O_CLOEXEC, 0666));
    if (!open_->is_open()) {
      const int error = errno;
      if (kind_ == Kind::folder) ::rmdir(path_.c_str());
      throw error;
    }
    // Whoever clears up may have seen it before it was locked.
    struct stat status = {};
    if (try_lock(open_->number()) && ::stat(path_.c_str(), &status) == 0) return;
  }
}

Temporary::~Temporary() {
  if (path_.empty()) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void Temporary::take_place() {
  try {
    if (::fsync(open_->number()) != 0 && (kind_ == Kind::file || errno != EINVAL)) throw errno;
    if (kind_ == Kind::folder) {
      replace_folder();
    } else {
      if (::rename(path_.c_str(), target_.c_str()) != 0) throw errno;
      path_.clear();
    }
  } catch (int error) {
    throw cannot_write(target_, error);
  }
  sync_folder(folder_of(target_));
}

/// Afterwards the old folder is the temporary one.
void Temporary::replace_folder() {
  if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) == 0) return;
  const bool can_exchange = errno != EINVAL && errno != ENOSYS;
  if (can_exchange && errno != ENOENT) throw errno;
  if (can_exchange) {  // there is none
    if (::rename(path_.c_str(), target_.c_str()) != 0) throw errno;
    path_.clear();
    return;
  }
  const fs::path old = path_.string() + ".old";  // not a temporary one: for a moment it is all that there is
  const bool had_one = ::rename(target_.c_str(), old.c_str()) == 0;
  if (!had_one && errno != ENOENT) throw errno;
  if (::rename(path_.c_str(), target_.c_str()) != 0) {
    const int error = errno;
    if (had_one) ::rename(old.c_str(), target_.c_str());
    throw error;
  }
  path_.clear();
  if (had_one) path_ = old;
}

}  // namespace noema
