#pragma once

#include <cmath>
#include <cstddef>
#include <optional>
#include <string>

#include "base/file.h"

namespace noema {

/// A member that may be missing or null.
template <typename T>
std::optional<T> optional_member(const nlohmann::json& object, const std::string& key, const std::string& where) {
  if (!object.is_object()) throw Error({where, "a JSON object", object.type_name(), ""});
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  return json_member<T>(object, key, where);
}

/// Beyond any cost or norm that was ever measured, and far from where the page's arithmetic on it would overflow.
inline constexpr double kHuge = 1e15;

/// A finite number between `low` and `high`; where these are the same, the version of a format.
inline double number_member(const nlohmann::json& object, const std::string& key, const std::string& where, double low,
                            double high) {
  const double value = json_member<double>(object, key, where);
  if (value >= low && value <= high) return value;
  const auto text = [](double number) {
    const bool is_whole = std::abs(number) < kHuge && number == std::floor(number);
    return is_whole ? std::to_string(static_cast<long long>(number)) : nlohmann::json(number).dump();
  };
  if (low == high) throw Error({where + ": " + key, text(low), text(value), "make it again with this version"});
  throw Error({where + ": " + key, "a number from " + text(low) + " to " + text(high), text(value), ""});
}

inline double share_member(const nlohmann::json& object, const std::string& key, const std::string& where) {
  // A mean of probabilities may round to slightly more than 1.
  return number_member(object, key, where, -1e-6, 1.0 + 1e-6);
}

inline double amount_member(const nlohmann::json& object, const std::string& key, const std::string& where) {
  return number_member(object, key, where, 0.0, kHuge);
}

/// An array with `least` to `most` elements.
inline const nlohmann::json& array_member(const nlohmann::json& object, const std::string& key,
                                          const std::string& where, std::size_t least, std::size_t most) {
  if (!object.is_object()) throw Error({where, "a JSON object", object.type_name(), ""});
  const auto found = object.find(key);
  if (found == object.end()) throw Error({where, "a member \"" + key + "\"", "none", ""});
  if (!found->is_array()) throw Error({where + ": " + key, "an array", found->type_name(), ""});
  if (found->size() >= least && found->size() <= most) return *found;
  throw Error({where + ": " + key, std::to_string(least) + " to " + std::to_string(most) + " elements",
               std::to_string(found->size()), least > found->size() ? "the run is empty: make it again" : ""});
}

}  // namespace noema
