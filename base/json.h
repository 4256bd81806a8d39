#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/error.h"

namespace noema {

/// Parses JSON text in time linear in its length; `where` names it in the Error, which also gives the line of the
/// mistake. Mistakes are, besides those of grammar: nesting of more than 200, a key twice in one object, a NUL.
nlohmann::json parse_json(std::string_view text, const std::string& where);

/// A member of a JSON object with its type checked: throws Error naming `where` and `key` when it is missing or of
/// another type (or, for numbers, out of the range of T).
template <typename T>
T json_member(const nlohmann::json& object, const std::string& key, const std::string& where);

/// Throws Error, naming `where`, when an object has a member of another name: nothing that changes a result is ignored.
void need_only_members(const nlohmann::json& object, const std::vector<std::string>& names, const std::string& where);

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
