#pragma once

#include <cstddef>
#include <filesystem>

namespace noema {

/// A file mapped into memory, private: a write would change the copy in memory and never the file.
class MappedFile {
 public:
  /// `kind` says in messages what the file should be, "a readable safetensors file". Throws Error.
  MappedFile(const std::filesystem::path& path, const char* kind);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  char* data() const { return static_cast<char*>(data_); }
  std::size_t size() const { return size_; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace noema
