#include "nn/formats/gguf.h"

#include <torch/torch.h>

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "base/file.h"
#include "nn/kernels/parallel.h"

namespace noema {
namespace {

constexpr std::uint32_t kMagic = 0x46554747;  // "GGUF"
constexpr std::uint64_t kDefaultAlignment = 32, kLargestAlignment = 1 << 16;
constexpr std::uint32_t kMostDimensions = 4;
constexpr int kDeepest = 4;  // lists within lists

/// Numbers that GGUF gives to the types of settings.
enum class Kind : std::uint32_t { u8, i8, u16, i16, u32, i32, f32, boolean, text, list, u64, i64, f64 };

}  // namespace

/// Takes one value after the other, never past the end.
class GgufFile::Reader {
 public:
  Reader(const MappedFile& file, std::string where) : file_(file), where_(std::move(where)) {}

  template <typename T>
  T take() {
    T value;
    std::memcpy(&value, bytes(sizeof value), sizeof value);
    return value;
  }

  std::string text() {
    const auto length = take<std::uint64_t>();
    return {bytes(length), length};
  }

  /// A count of things that take `least` bytes each, so no file of this size can hold more.
  std::uint64_t count(std::uint64_t least) {
    const auto number = take<std::uint64_t>();
    if (number > left() / least) throw broken("a count that fits in the file", std::to_string(number));
    return number;
  }

  nlohmann::json value(Kind kind, int depth = 0) {
    switch (kind) {
      case Kind::u8:
        return take<std::uint8_t>();
      case Kind::i8:
        return take<std::int8_t>();
      case Kind::u16:
        return take<std::uint16_t>();
      case Kind::i16:
        return take<std::int16_t>();
      case Kind::u32:
        return take<std::uint32_t>();
      case Kind::i32:
        return take<std::int32_t>();
      case Kind::f32:
        return take<float>();
      case Kind::boolean:
        return take<std::uint8_t>() != 0;
      case Kind::text:
        return text();
      case Kind::u64:
        return take<std::uint64_t>();
      case Kind::i64:
        return take<std::int64_t>();
      case Kind::f64:
        return take<double>();
      case Kind::list:
        return list(depth);
    }
    throw broken("a known type of setting", std::to_string(static_cast<std::uint32_t>(kind)));
  }

  std::uint64_t offset() const { return offset_; }
  std::uint64_t left() const { return file_.size() - offset_; }

  Error broken(const std::string& expected, const std::string& found) const {
    return Error({where_ + ", offset " + std::to_string(offset_), expected, found,
                  "the file is damaged or not a GGUF file; fetch it again"});
  }

 private:
  nlohmann::json list(int depth) {
    if (depth == kDeepest) throw broken("lists no deeper than " + std::to_string(kDeepest), "a deeper one");
    const auto kind = static_cast<Kind>(take<std::uint32_t>());
    nlohmann::json all = nlohmann::json::array();
    for (std::uint64_t left = count(1); left > 0; --left) all.push_back(value(kind, depth + 1));
    return all;
  }

  const char* bytes(std::uint64_t length) {
    if (length > left()) {
      throw broken(std::to_string(length) + " more bytes", "the end of the file after " + std::to_string(left()));
    }
    offset_ += length;
    return file_.data() + offset_ - length;
  }

  const MappedFile& file_;
  std::string where_;
  std::uint64_t offset_ = 0;
};

GgufFile::GgufFile(const std::filesystem::path& path)
    : where_(path.string()), file_(std::make_shared<const MappedFile>(path, "a readable GGUF file")) {
  Reader reader(*file_, where_);
  if (file_->size() < sizeof kMagic || reader.take<std::uint32_t>() != kMagic) {
    throw Error({where_, "a GGUF file", "something else", "give a file that ends in .gguf"});
  }
  const auto version = reader.take<std::uint32_t>();
  if (version != 2 && version != 3) throw reader.broken("GGUF of version 2 or 3", std::to_string(version));
  const std::uint64_t tensors = reader.count(24);
  read_settings(reader, reader.count(13));
  read_entries(reader, tensors);
}

void GgufFile::read_settings(Reader& reader, std::uint64_t count) {
  for (; count > 0; --count) {
    const std::string key = reader.text();
    settings_[key] = reader.value(static_cast<Kind>(reader.take<std::uint32_t>()));
  }
}

void GgufFile::read_entries(Reader& reader, std::uint64_t count) {
  for (; count > 0; --count) {
    const std::string name = reader.text();
    const auto dimensions = reader.take<std::uint32_t>();
    if (dimensions > kMostDimensions) throw reader.broken("at most 4 dimensions", std::to_string(dimensions));
    Entry entry{std::vector<std::int64_t>(dimensions), nullptr, 0};
    for (auto size = entry.shape.rbegin(); size != entry.shape.rend(); ++size) *size = reader.take<std::int64_t>();
    const auto type = reader.take<std::uint32_t>();
    entry.type = find_gguf_type(type);
    if (!entry.type) {
      throw Error({where_ + ": tensor \"" + printable(name) + "\"", "F32, F16, BF16, or a quantization of 4 to 8 bits",
                   "element type " + std::to_string(type), "convert the file to Q8_0, say"});
    }
    entry.begin = reader.take<std::uint64_t>();
    if (!entries_.emplace(name, entry).second) throw reader.broken("each tensor once", printable(name) + " twice");
  }
  const std::uint64_t data_begin = (reader.offset() + alignment() - 1) / alignment() * alignment();
  for (auto& [name, entry] : entries_) place(name, entry, data_begin);
}

std::uint64_t GgufFile::alignment() const {
  if (!settings_.contains("general.alignment")) return kDefaultAlignment;
  const auto alignment = json_member<std::uint64_t>(settings_, "general.alignment", where_);
  if (alignment >= 1 && alignment <= kLargestAlignment) return alignment;
  throw Error({where_ + ": general.alignment", "1 to 65536", std::to_string(alignment), "the file is damaged"});
}

/// Turns an offset in the data into one in the file, after checking that the whole tensor is there.
void GgufFile::place(const std::string& name, Entry& entry, std::uint64_t data_begin) const {
  const auto broken = [&](const std::string& expected, const std::string& found) {
    return Error(
        {where_ + ": tensor \"" + printable(name) + "\"", expected, found, "the file is damaged or cut short"});
  };
  const auto most = static_cast<std::int64_t>(2 * file_->size());  // no type packs more elements in a byte
  std::int64_t elements = 1;
  for (const std::int64_t size : entry.shape) {
    if (size < 1 || size > most / elements) throw broken("sizes that fit in the file", std::to_string(size));
    elements *= size;
  }
  const std::int64_t row = entry.shape.empty() ? 1 : entry.shape.back();
  if (row % entry.type->elements != 0) {
    throw broken("rows of whole blocks of " + std::to_string(entry.type->elements), std::to_string(row) + " columns");
  }
  const auto bytes = static_cast<std::uint64_t>(elements / entry.type->elements * entry.type->bytes);
  const std::uint64_t room = file_->size() - std::min<std::uint64_t>(data_begin, file_->size());
  if (entry.begin > room || bytes > room - entry.begin) {
    throw broken(std::to_string(bytes) + " bytes of data from offset " + std::to_string(entry.begin),
                 std::to_string(room) + " bytes of data in all");
  }
  entry.begin += data_begin;
}

std::vector<std::string> GgufFile::names() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

torch::Tensor GgufFile::tensor(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) {
    throw Error({where_, "a tensor \"" + name + "\"", "none", "the file is of another architecture, or incomplete"});
  }
  const auto& [shape, type, begin] = found->second;
  torch::Tensor values = torch::empty(shape, torch::kFloat32);
  const auto* blocks = reinterpret_cast<const std::uint8_t*>(file_->data()) + begin;
  float* to = values.data_ptr<float>();
  parallel_for(0, values.numel() / type->elements, 1024, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) type->unpack(blocks + i * type->bytes, to + i * type->elements);
  });
  return values;
}

}  // namespace noema
