#include "text/sentencepiece_file.h"

#include <cstdint>
#include <functional>
#include <optional>

namespace noema {
namespace {

// Field numbers of sentencepiece_model.proto.
constexpr std::uint64_t kNormalizer = 3, kDenormalizer = 5;  // in ModelProto
constexpr std::uint64_t kCharsmap = 2;                       // in NormalizerSpec

enum WireType : std::uint64_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

std::optional<std::uint64_t> take_varint(std::string_view& message) {
  std::uint64_t value = 0;
  for (int shift = 0; shift < 64 && !message.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(message.front());
    message.remove_prefix(1);
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

/// Whether `message` is well-formed protobuf and `accepts` holds for each of its fields that are bytes or messages.
bool every_field(std::string_view message,
                 const std::function<bool(std::uint64_t number, std::string_view content)>& accepts) {
  while (!message.empty()) {
    const auto tag = take_varint(message);
    if (!tag) return false;
    const std::uint64_t type = *tag & 7;
    std::uint64_t length = type == kFixed64 ? 8 : type == kFixed32 ? 4 : 0;
    if (type == kVarint || type == kBytes) {
      const auto value = take_varint(message);
      if (!value) return false;
      if (type == kBytes) length = *value;
    } else if (length == 0) {
      return false;
    }
    if (length > message.size()) return false;
    if (type == kBytes && !accepts(*tag >> 3, message.substr(0, length))) return false;
    message.remove_prefix(length);
  }
  return true;
}

}  // namespace

bool is_free_of_rewriting(std::string_view model) {
  const auto is_no_charsmap = [](std::uint64_t number, std::string_view content) {
    return number != kCharsmap || content.empty();
  };
  return every_field(model, [&](std::uint64_t number, std::string_view content) {
    return (number != kNormalizer && number != kDenormalizer) || every_field(content, is_no_charsmap);
  });
}

}  // namespace noema
