#include "base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace noema {

MappedFile::MappedFile(const std::filesystem::path& path, const char* kind) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat status = {};
  if (file < 0 || ::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    const std::string found = file < 0 ? std::strerror(errno) : "something else";
    if (file >= 0) ::close(file);
    throw Error({path.string(), kind, found, "check the path"});
  }
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ > 0) data_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);
  const int error = errno;
  ::close(file);
  if (data_ == MAP_FAILED) throw Error({path.string(), "a file that can be mapped", std::strerror(error), ""});
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

}  // namespace noema
