#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "base/mapped_file.h"
#include "nn/model/weights.h"

namespace noema {

/// What a safetensors file holds.
struct SafetensorsFile {
  TensorMap tensors;
  std::map<std::string, std::string> metadata;  ///< the texts under "__metadata__"
};

/// Reads a safetensors file. The file is memory-mapped and the tensors are views of it, read-only in effect: clone what
/// is to be changed. Everything in the header is checked against the file before it is used: names, types, shapes,
/// offsets that neither overlap nor leave gaps. Throws Error naming the file and the tensor.
SafetensorsFile read_safetensors(const std::filesystem::path& path);

/// The same of a file that is mapped already; `file` names it in errors.
SafetensorsFile read_safetensors(const std::shared_ptr<const MappedFile>& mapping, const std::string& file);

/// Throws Error, naming `where` and the tensor, for what models cannot compute with: tensors that are not of a
/// floating-point type, and numbers that are not finite in fp32 and bf16.
void check_weights(const TensorMap& tensors, const std::string& where);

/// Throws Error, naming `where` and the tensor, when a floating-point tensor holds NaN or an infinity.
void check_finite(const TensorMap& tensors, const std::string& where);

/// Writes a safetensors file, whole or not at all, tensors in the order of their names. Throws Error when it cannot.
void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace noema
