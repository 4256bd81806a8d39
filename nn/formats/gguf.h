#pragma once

#include <torch/types.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/mapped_file.h"
#include "nn/formats/gguf_blocks.h"

namespace noema {

/// A GGUF file (versions 2 and 3): settings by key, and tensors, most of them quantized. The file is memory-mapped;
/// everything in its header is checked against its size before it is used.
class GgufFile {
 public:
  /// Throws Error naming the file and what is wrong with it.
  explicit GgufFile(const std::filesystem::path& path);

  const std::string& where() const { return where_; }           ///< the path, for messages
  const nlohmann::json& settings() const { return settings_; }  ///< an object: "llama.block_count" and the like

  std::vector<std::string> names() const;  ///< of all tensors
  bool has(const std::string& name) const { return entries_.contains(name); }

  /// A tensor in fp32, as torch has it: GGUF writes the sizes in the opposite order. Throws Error when there is none.
  torch::Tensor tensor(const std::string& name) const;

 private:
  struct Entry {
    std::vector<std::int64_t> shape;
    const GgufType* type;
    std::uint64_t begin;  // within the file
  };
  class Reader;
  void read_settings(Reader& reader, std::uint64_t count);
  void read_entries(Reader& reader, std::uint64_t count);
  std::uint64_t alignment() const;
  void place(const std::string& name, Entry& entry, std::uint64_t data_begin) const;

  std::string where_;
  std::shared_ptr<const MappedFile> file_;
  nlohmann::json settings_ = nlohmann::json::object();
  std::map<std::string, Entry> entries_;
};

}  // namespace noema
