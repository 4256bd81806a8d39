#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace noema {

/// A regular file in memory, private: a write would change what is in memory and never the file. Another file that
/// takes its name changes nothing here.
class MappedFile {
 public:
  /// Mapped, a file of any size costs no memory until it is read, but whoever writes to it changes what is read here,
  /// and whoever cuts it short ends this process. A copy is the file as it was.
  enum class Hold { map, copy };

  /// `expected` says in messages what the file should be, "a readable safetensors file". Throws Error, for a copy also
  /// when the file is larger than `max_bytes` or than the machine's memory.
  MappedFile(const std::filesystem::path& path, const std::string& expected, Links links = Links::follow,
             Hold hold = Hold::map, std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max());
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  char* data() const { return static_cast<char*>(data_); }
  std::size_t size() const { return size_; }
  std::string_view text() const { return {data(), size_}; }

 private:
  void copy(int file, const std::filesystem::path& path, const std::string& expected);

  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace noema
