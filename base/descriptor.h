#pragma once

#include <filesystem>
#include <string>

namespace noema {

/// What happens at the end of a path that is a symbolic link.
enum class Links { follow, refuse };

/// A file descriptor that closes itself; `number()` is negative when nothing was opened.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

/// Opens a regular file for reading. A pipe would be waited for, a device could be read without end: neither is read,
/// and opening waits for nothing. `expected` says in messages what the file should be, "a readable file". Throws Error.
Descriptor open_for_reading(const std::filesystem::path& path, const std::string& expected, Links links);

}  // namespace noema
