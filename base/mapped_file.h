#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/descriptor.h"

namespace noema {

/// A regular file mapped into memory, private: a write would change the copy in memory and never the file. Another file
/// that takes its name changes nothing here.
class MappedFile {
 public:
  /// `expected` says in messages what the file should be, "a readable safetensors file". Throws Error.
  MappedFile(const std::filesystem::path& path, const std::string& expected, Links links = Links::follow);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  char* data() const { return static_cast<char*>(data_); }
  std::size_t size() const { return size_; }
  std::string_view text() const { return {data(), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace noema
