#include "base/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace noema {

MappedFile::MappedFile(const std::filesystem::path& path, const std::string& expected, Links links) {
  const Descriptor file = open_for_reading(path, expected, links);
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) throw Error({path.string(), expected, std::strerror(errno), ""});
  size_ = static_cast<std::size_t>(status.st_size);
  if (size_ > 0) data_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE, file.number(), 0);
  if (data_ == MAP_FAILED) throw Error({path.string(), "a file that can be mapped", std::strerror(errno), ""});
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

}  // namespace noema
