#pragma once

#include <string>
#include <string_view>

namespace noema {

/// Whether the bytes are well-formed UTF-8 (no overlong forms, no surrogates).
bool is_utf8(std::string_view bytes);

/// Offset of the first byte that is not part of well-formed UTF-8; the size when there is none.
std::size_t utf8_error_offset(std::string_view bytes);

/// Throws Error, naming `where`, with the offset of the first malformed byte.
void need_utf8(std::string_view bytes, const char* where);

/// The bytes with every malformed sequence replaced by U+FFFD.
std::string utf8_repaired(std::string_view bytes);

}  // namespace noema
