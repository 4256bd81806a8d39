#include "nn/formats/safetensors.h"

#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>

#include "base/error.h"
#include "base/file.h"

namespace noema {
namespace {

constexpr std::uint64_t kLargestHeader = 100'000'000;  // the format's own limit
constexpr std::size_t kLengthBytes = 8;

struct Type {
  const char* name;
  torch::Dtype dtype;
};
constexpr std::array kTypes = {Type{"F64", torch::kFloat64}, Type{"F32", torch::kFloat32},
                               Type{"F16", torch::kFloat16}, Type{"BF16", torch::kBFloat16},
                               Type{"I64", torch::kInt64},   Type{"I32", torch::kInt32},
                               Type{"I16", torch::kInt16},   Type{"I8", torch::kInt8},
                               Type{"U8", torch::kUInt8},    Type{"BOOL", torch::kBool}};

/// One entry of the header, checked in itself.
struct Entry {
  std::string name;
  torch::Dtype dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;  // bytes within the data
};

Error broken(const std::string& where, const std::string& expected, const std::string& found) {
  return Error({where, expected, found, "the file is damaged or not a safetensors file; fetch or train it again"});
}

torch::Dtype dtype_of(const std::string& name, const std::string& where) {
  for (const Type& type : kTypes) {
    if (name == type.name) return type.dtype;
  }
  throw broken(where, "a known element type", printable(name));
}

Entry read_entry(const std::string& name, const nlohmann::json& json, const std::string& file) {
  const std::string where = file + ": tensor \"" + printable(name, 80) + "\"";
  Entry entry{name, dtype_of(json_member<std::string>(json, "dtype", where), where), {}, 0, 0};
  const auto shape = json_member<nlohmann::json>(json, "shape", where);
  const auto offsets = json_member<nlohmann::json>(json, "data_offsets", where);
  if (!shape.is_array() || shape.size() > 8) throw broken(where, "a shape of at most 8 sizes", shape.dump());
  if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
      !offsets[1].is_number_unsigned()) {
    throw broken(where, "two data_offsets", printable(offsets.dump()));
  }
  // Torch multiplies the sizes for its strides even where one of them is 0.
  std::uint64_t bytes = c10::elementSize(entry.dtype);
  bool is_empty = false;
  for (const auto& size : shape) {
    if (!size.is_number_unsigned()) throw broken(where, "a shape of whole numbers", printable(shape.dump()));
    const auto n = size.get<std::uint64_t>();
    if (n > 0 && bytes > std::numeric_limits<std::int64_t>::max() / n) {
      throw broken(where, "a shape that fits in memory", printable(shape.dump()));
    }
    is_empty = is_empty || n == 0;
    bytes *= std::max<std::uint64_t>(n, 1);
    entry.shape.push_back(static_cast<std::int64_t>(n));
  }
  if (is_empty) bytes = 0;
  entry.begin = offsets[0].get<std::uint64_t>();
  entry.end = offsets[1].get<std::uint64_t>();
  if (entry.end < entry.begin || entry.end - entry.begin != bytes) {
    throw broken(where, std::to_string(bytes) + " bytes for its shape", printable(offsets.dump()));
  }
  return entry;
}

/// The tensors must fill the data exactly, one after the other.
void check_layout(std::vector<Entry> entries, std::uint64_t data_size, const std::string& file) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t end = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != end) {
      throw broken(file + ": tensor \"" + printable(entry.name, 80) + "\"", "data at offset " + std::to_string(end),
                   std::to_string(entry.begin));
    }
    end = entry.end;
  }
  if (end != data_size) {
    throw broken(file, std::to_string(end) + " bytes of tensor data", std::to_string(data_size));
  }
}

std::uint64_t header_length(const MappedFile& mapping, const std::string& file) {
  if (mapping.size() < kLengthBytes) throw broken(file, "at least 8 bytes", std::to_string(mapping.size()));
  std::uint64_t length = 0;
  std::memcpy(&length, mapping.data(), kLengthBytes);
  if (length > kLargestHeader || length > mapping.size() - kLengthBytes) {
    throw broken(file, "a header within the file",
                 std::to_string(length) + " bytes in a file of " + std::to_string(mapping.size()));
  }
  return length;
}

torch::Tensor view(const std::shared_ptr<const MappedFile>& mapping, const Entry& entry, std::uint64_t data_begin) {
  const auto options = torch::dtype(entry.dtype);
  if (entry.begin == entry.end) return torch::empty(entry.shape, options);
  char* data = mapping->data() + data_begin + entry.begin;
  const bool aligned = reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(entry.dtype) == 0;
  const auto keep_mapping = [mapping](void*) {};
  if (aligned) return torch::from_blob(data, entry.shape, keep_mapping, options);
  torch::Tensor copy = torch::empty(entry.shape, options);
  std::memcpy(copy.data_ptr(), data, entry.end - entry.begin);
  return copy;
}

std::map<std::string, std::string> read_metadata(const nlohmann::json& json, const std::string& file) {
  std::map<std::string, std::string> metadata;
  if (!json.is_object()) throw broken(file + ": __metadata__", "an object of texts", printable(json.dump()));
  for (const auto& [key, value] : json.items()) {
    if (!value.is_string()) throw broken(file + ": __metadata__: " + printable(key), "a text", printable(value.dump()));
    metadata[key] = value.get<std::string>();
  }
  return metadata;
}

const char* type_name(torch::Dtype dtype, const std::string& tensor) {
  for (const Type& type : kTypes) {
    if (type.dtype == dtype) return type.name;
  }
  throw Error({"write_safetensors: tensor \"" + tensor + "\"", "an element type that safetensors has",
               c10::toString(dtype), ""});
}

}  // namespace

SafetensorsFile read_safetensors(const std::filesystem::path& path) {
  return read_safetensors(std::make_shared<const MappedFile>(path, "a readable safetensors file"), path.string());
}

SafetensorsFile read_safetensors(const std::shared_ptr<const MappedFile>& mapping, const std::string& file) {
  const std::uint64_t length = header_length(*mapping, file);
  const auto header = parse_json({mapping->data() + kLengthBytes, length}, file + ": header");
  if (!header.is_object()) throw broken(file + ": header", "a JSON object", printable(header.dump()));

  SafetensorsFile content;
  std::vector<Entry> entries;
  for (const auto& [name, json] : header.items()) {
    if (name == "__metadata__") {
      content.metadata = read_metadata(json, file);
    } else {
      entries.push_back(read_entry(name, json, file));
    }
  }
  const std::uint64_t data_begin = kLengthBytes + length;
  check_layout(entries, mapping->size() - data_begin, file);
  for (const Entry& entry : entries) content.tensors[entry.name] = view(mapping, entry, data_begin);
  return content;
}

void check_weights(const TensorMap& tensors, const std::string& where) {
  const double kMost = std::numeric_limits<c10::BFloat16>::max();
  for (const auto& [name, tensor] : tensors) {
    const std::string here = where + ": tensor \"" + printable(name, 80) + "\"";
    if (!tensor.is_floating_point()) {
      throw Error({here, "weights", c10::toString(tensor.scalar_type()), "the file is not that of a model"});
    }
    if (tensor.numel() == 0) continue;
    const auto [least, greatest] = at::aminmax(tensor);
    const double size = std::max(std::fabs(least.item<double>()), std::fabs(greatest.item<double>()));
    if (size <= kMost) continue;  // NaN is not
    throw Error({here, "finite numbers", std::isfinite(size) ? c10::str(size) : "NaN or infinity",
                 "the model is damaged or its training diverged; use another checkpoint"});
  }
}

void check_finite(const TensorMap& tensors, const std::string& where) {
  for (const auto& [name, tensor] : tensors) {
    if (!tensor.is_floating_point() || at::isfinite(tensor).all().item<bool>()) continue;
    throw Error({where + ": tensor \"" + name + "\"", "finite numbers", "NaN or infinity",
                 "the model is damaged or its training diverged; use another checkpoint"});
  }
}

void write_safetensors(const std::filesystem::path& path, const TensorMap& tensors,
                       const std::map<std::string, std::string>& metadata) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const torch::Tensor plain = tensor.detach().to(torch::kCPU).contiguous();
    const std::size_t begin = data.size();
    data.append(static_cast<const char*>(plain.data_ptr()), plain.nbytes());
    header[name] = {{"dtype", type_name(plain.scalar_type(), name)},
                    {"shape", plain.sizes().vec()},
                    {"data_offsets", {begin, data.size()}}};
  }
  std::string text = header.dump();
  text.append((kLengthBytes - text.size() % kLengthBytes) % kLengthBytes, ' ');
  const std::uint64_t length = text.size();
  std::string content(reinterpret_cast<const char*>(&length), kLengthBytes);
  write_file(path, content + text + data);
}

}  // namespace noema
