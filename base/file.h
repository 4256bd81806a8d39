#pragma once

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/error.h"

namespace noema {

/// The whole content of a regular file. Throws Error when it is none, unreadable or larger than `max_bytes`.
std::string read_file(const std::filesystem::path& path, std::uint64_t max_bytes = std::uint64_t{4} << 30);

/// Writes to a temporary name beside `path`, syncs, and renames: the file is there whole or as it was before.
/// Makes the parent folders. Throws Error, with nothing left behind, when the disk is full or the path unwritable.
void write_file(const std::filesystem::path& path, std::string_view content);

/// Appends to a file, or makes it, and syncs. What a full disk or a crash cut short is at the end of the file. Throws
/// Error, with the file as long as it was before, when it cannot be written.
void append_file(const std::filesystem::path& path, std::string_view content);

/// SHA-256 of a text or of a file's content, as 64 lower-case hex digits.
std::string sha256(std::string_view content);
std::string sha256_file(const std::filesystem::path& path);

/// Parses JSON text; `where` names it in the Error, which also gives the line of the mistake.
nlohmann::json parse_json(std::string_view text, const std::string& where);
nlohmann::json read_json(const std::filesystem::path& path);

/// A member of a JSON object with its type checked: throws Error naming `where` and `key` when it is missing or of
/// another type (or, for numbers, out of the range of T).
template <typename T>
T json_member(const nlohmann::json& object, const std::string& key, const std::string& where);

// --- implementation ---

namespace detail {

template <typename T>
bool json_fits(const nlohmann::json& value) {
  if constexpr (std::is_same_v<T, nlohmann::json>)
    return true;
  else if constexpr (std::is_same_v<T, bool>)
    return value.is_boolean();
  else if constexpr (std::is_same_v<T, std::string>)
    return value.is_string();
  else if constexpr (std::is_floating_point_v<T>)
    return value.is_number() && std::abs(value.get<double>()) <= std::numeric_limits<T>::max();
  else {
    static_assert(std::is_integral_v<T>);
    if (value.is_number_unsigned()) return std::in_range<T>(value.get<std::uint64_t>());
    return value.is_number_integer() && std::in_range<T>(value.get<std::int64_t>());
  }
}

template <typename T>
constexpr const char* json_type() {
  return std::is_same_v<T, bool>          ? "true or false"
         : std::is_same_v<T, std::string> ? "a text"
         : std::is_floating_point_v<T>    ? "a number in range"
                                          : "a whole number in range";
}

}  // namespace detail

template <typename T>
T json_member(const nlohmann::json& object, const std::string& key, const std::string& where) {
  if (!object.is_object()) throw Error({where, "a JSON object", object.type_name(), ""});
  const auto found = object.find(key);
  if (found == object.end()) throw Error({where, "a member \"" + key + "\"", "none", ""});
  if (detail::json_fits<T>(*found)) return found->template get<T>();
  throw Error({where + ": " + key, detail::json_type<T>(),
               printable(found->dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)), ""});
}

}  // namespace noema
