#include "base/utf8.h"

#include "base/error.h"

namespace noema {
namespace {

/// Length of the well-formed character at the start of `bytes`; 0 when it is malformed (Unicode 15, table 3-7).
std::size_t character_length(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = at(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  if (length == 0 || bytes.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const bool overlong = (first == 0xe0 && at(1) < 0xa0) || (first == 0xf0 && at(1) < 0x90);
  const bool surrogate = first == 0xed && at(1) > 0x9f;
  const bool too_large = first == 0xf4 && at(1) > 0x8f;
  return overlong || surrogate || too_large ? 0 : length;
}

}  // namespace

bool is_utf8(std::string_view bytes) { return utf8_error_offset(bytes) == bytes.size(); }

std::size_t utf8_error_offset(std::string_view bytes) {
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    const std::size_t length = character_length(bytes.substr(offset));
    if (length == 0) break;
    offset += length;
  }
  return offset;
}

void need_utf8(std::string_view bytes, const char* where) {
  const std::size_t error = utf8_error_offset(bytes);
  if (error == bytes.size()) return;
  throw Error({where, "UTF-8", "a malformed byte at offset " + std::to_string(error), "convert it to UTF-8"});
}

std::string utf8_repaired(std::string_view bytes) {
  std::string repaired;
  while (!bytes.empty()) {
    const std::size_t good = utf8_error_offset(bytes);
    repaired += bytes.substr(0, good);
    bytes.remove_prefix(good);
    if (bytes.empty()) break;
    repaired += "\xef\xbf\xbd";
    bytes.remove_prefix(1);
    while (!bytes.empty() && (static_cast<unsigned char>(bytes.front()) & 0xc0) == 0x80) bytes.remove_prefix(1);
  }
  return repaired;
}

}  // namespace noema
