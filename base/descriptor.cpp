#include "base/descriptor.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace noema {
namespace {

const char* kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "a folder";
  return S_ISFIFO(mode) ? "a pipe" : "a device";
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) ::close(number_);
}

Descriptor open_for_reading(const std::filesystem::path& path, const std::string& expected, Links links) {
  // Without O_NONBLOCK opening a pipe waits for somebody to write to it.
  const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (links == Links::refuse ? O_NOFOLLOW : 0);
  const int number = ::open(path.c_str(), flags);
  if (number < 0) {
    const bool is_link = links == Links::refuse && errno == ELOOP;
    throw Error({path.string(), expected, is_link ? "a link" : std::strerror(errno),
                 is_link ? "put the file itself there" : "check the path"});
  }
  struct stat status = {};
  if (::fstat(number, &status) == 0 && S_ISREG(status.st_mode)) return Descriptor(number);
  ::close(number);
  throw Error({path.string(), expected, kind_of(status.st_mode), "check the path"});
}

}  // namespace noema
