// The writing half of base/file.h.

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/file.h"
#include "base/temporary.h"

namespace noema {
namespace {

namespace fs = std::filesystem;

void write_all(int file, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), std::min<std::size_t>(content.size(), 1 << 30));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw errno;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

bool is_same(const struct stat& one, const struct stat& other) {
  return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

/// The descriptor of standard output or error where the path leads to that: "/dev/stdout" > file.
int standard_descriptor(const struct stat& target) {
  for (const int number : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat status = {};
    if (::fstat(number, &status) == 0 && is_same(status, target)) return number;
  }
  return -1;
}

void write_through(const fs::path& path, const struct stat& expected, std::string_view content) {
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC));
  struct stat status = {};
  if (!file.is_open() || ::fstat(file.number(), &status) != 0) throw errno;
  if (!is_same(status, expected)) throw EBUSY;
  write_all(file.number(), content);
}

void replace_file(const fs::path& path, const struct stat* old, std::string_view content) {
  if (old && ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) != 0) throw errno;
  Temporary file(path, Temporary::Kind::file);
  if (old) {
    // Of another owner if that is allowed; else the file belongs to who wrote it.
    if (::fchown(file.number(), old->st_uid, old->st_gid) != 0 && errno != EPERM) throw errno;
    if (::fchmod(file.number(), old->st_mode & 0777) != 0) throw errno;
  }
  write_all(file.number(), content);
  file.take_place();
}

}  // namespace

void write_file(const fs::path& path, std::string_view content) {
  try {
    struct stat old = {};
    const bool exists = ::stat(path.c_str(), &old) == 0;
    if (!exists && errno != ENOENT) throw errno;
    if (exists && S_ISDIR(old.st_mode)) throw EISDIR;
    if (exists && standard_descriptor(old) >= 0) return write_all(standard_descriptor(old), content);
    if (exists && !S_ISREG(old.st_mode)) return write_through(path, old, content);
    replace_file(path, exists ? &old : nullptr, content);
  } catch (int error) {
    throw cannot_write(path, error);
  }
}

void append_file(const fs::path& path, std::string_view content) {
  std::error_code ignored;
  const bool is_new = !fs::exists(path, ignored);
  const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0666));
  const off_t before = file.is_open() ? ::lseek(file.number(), 0, SEEK_END) : -1;
  if (before < 0) throw cannot_write(path, errno);
  try {
    write_all(file.number(), content);
    if (::fsync(file.number()) != 0) throw errno;
  } catch (int error) {
    if (::ftruncate(file.number(), before) != 0) throw cannot_write(path, errno);
    throw cannot_write(path, error);
  }
  if (is_new) sync_folder(folder_of(path));
}

void cut_torn_line(const fs::path& path) {
  std::error_code failure;
  if (!fs::is_regular_file(path, failure)) return;
  const std::string content = read_file(path);
  const std::size_t whole = content.rfind('\n') + 1;  // 0 where there is none
  if (whole == content.size()) return;
  fs::resize_file(path, whole, failure);
  if (failure) throw cannot_write(path, failure.value());
}

}  // namespace noema
