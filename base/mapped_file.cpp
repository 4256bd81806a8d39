#include "base/mapped_file.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace noema {

namespace {

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(::sysconf(_SC_PAGE_SIZE));
}

}  // namespace

MappedFile::MappedFile(const std::filesystem::path& path, const std::string& expected, Links links, Hold hold,
                       std::uint64_t max_bytes) {
  const Descriptor file = open_for_reading(path, expected, links);
  struct stat status = {};
  if (::fstat(file.number(), &status) != 0) throw Error({path.string(), expected, std::strerror(errno), ""});
  size_ = static_cast<std::size_t>(status.st_size);
  if (hold == Hold::copy && size_ > std::min(max_bytes, memory_bytes())) {
    throw Error({path.string(), "at most " + std::to_string(std::min(max_bytes, memory_bytes())) + " bytes",
                 std::to_string(size_), "choose another file"});
  }
  if (size_ == 0) return;
  const int flags = hold == Hold::copy ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_PRIVATE;
  data_ = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, flags, hold == Hold::copy ? -1 : file.number(), 0);
  if (data_ == MAP_FAILED) throw Error({path.string(), "a file that fits in memory", std::strerror(errno), ""});
  if (hold == Hold::copy) copy(file.number(), path, expected);
}

void MappedFile::copy(int file, const std::filesystem::path& path, const std::string& expected) {
  for (std::size_t done = 0; done < size_;) {
    const ssize_t got = ::read(file, data() + done, std::min<std::size_t>(size_ - done, 1 << 30));
    if (got < 0 && errno == EINTR) continue;
    if (got > 0) {
      done += static_cast<std::size_t>(got);
      continue;
    }
    const std::string found = got < 0 ? std::strerror(errno) : "one that was cut short while it was read";
    ::munmap(data_, size_);
    throw Error({path.string(), expected, found, ""});
  }
}

MappedFile::~MappedFile() {
  if (data_) ::munmap(data_, size_);
}

}  // namespace noema
