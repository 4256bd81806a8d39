#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "inspect/records/record.h"

namespace noema {

template <typename Record>
nlohmann::ordered_json record_schema();

namespace record {

/// Describes a record as JSON Schema.
struct Schema {
  template <typename T, typename Owner>
  void operator()(const char* name, T Owner::*, const char* what = "", Limits limits = {}) {
    properties[name] = described(static_cast<T*>(nullptr), limits);
    if (*what != '\0') properties[name]["description"] = what;
    required.push_back(name);
  }
  template <typename T, typename Owner>
  void operator()(const char* name, std::optional<T> Owner::*, const char* what = "", Limits limits = {}) {
    (*this)(name, static_cast<T Owner::*>(nullptr), what, limits);
    if (limits.null_if_none) {
      properties[name]["type"] = {properties[name]["type"], "null"};
    } else {
      required.pop_back();
    }
  }

  template <typename T>
  static nlohmann::ordered_json described(const std::vector<T>*, Limits limits) {
    nlohmann::ordered_json made = {{"type", "array"}, {"items", described(static_cast<T*>(nullptr), {})}};
    if (limits.high < kHuge) made["maxItems"] = static_cast<std::size_t>(limits.high);
    return made;
  }
  template <typename T>
  static nlohmann::ordered_json described(const T*, Limits limits) {
    if constexpr (std::is_same_v<T, bool>) return {{"type", "boolean"}};
    if constexpr (std::is_same_v<T, std::string>) return {{"type", "string"}};
    if constexpr (std::is_enum_v<T>) return {{"type", "string"}, {"enum", words_of(T())}};
    if constexpr (IsRecord<T>) return record_schema<T>();
    nlohmann::ordered_json made = {{"type", std::is_integral_v<T> ? "integer" : "number"}};
    if (std::is_unsigned_v<T>) limits.low = std::max(limits.low, 0.0);
    if (limits.low > -kHuge) made["minimum"] = limits.low;
    if (limits.high < kHuge) made["maximum"] = limits.high;
    return made;
  }

  nlohmann::ordered_json properties;
  std::vector<std::string> required;
};

}  // namespace record

/// JSON Schema of a record: what it says of its fields, in another language.
template <typename Record>
nlohmann::ordered_json record_schema() {
  record::Schema schema;
  Record::visit_members(schema);
  return {{"type", "object"}, {"required", schema.required}, {"properties", schema.properties}};
}

}  // namespace noema
