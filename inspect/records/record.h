#pragma once

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "inspect/records/members.h"

// A record is a struct that says once what its JSON has:
//
//   template <typename Visitor> static void visit_members(Visitor& member) {
//     member("name", &Record::name, "what it is", {0.0, 1.0});
//   }
//
// From that it is written, and read with types and limits checked; a test makes docs/trajectory.schema.json of it.
// Members may be texts, numbers, bool, enums with words_of(), records, std::vector of these, and std::optional of any
// of them. Members that a record does not have are passed over, as a later version may write them; options
// (base/fields.h) refuse those.
namespace noema {

/// What a number may be; the most elements of an array; and how JSON says that there is none.
struct Limits {
  double low = -kHuge, high = kHuge;
  bool null_if_none = false;  ///< else the member is left out; a reader takes both for none
};

template <typename Record>
nlohmann::json write_record(const Record& record);

/// Throws Error, naming `where` and the member, for what is missing, of another type or beyond its limits.
template <typename Record>
Record read_record(const nlohmann::json& json, const std::string& where);

// --- implementation ---

namespace record {

template <typename T>
concept IsRecord = std::is_class_v<T> && !std::is_same_v<T, std::string>;

template <typename T>
concept IsNumber = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/// Makes JSON of a record.
template <typename Record>
struct Writer {
  template <typename T, typename Owner>
  void operator()(const char* name, T Owner::*member, const char* = "", Limits = {}) {
    json[name] = written(record.*member);
  }
  template <typename T, typename Owner>
  void operator()(const char* name, std::optional<T> Owner::*member, const char* = "", Limits limits = {}) {
    if (record.*member) {
      json[name] = written(*(record.*member));
    } else if (limits.null_if_none) {
      json[name] = nullptr;
    }
  }

  template <typename T>
  static nlohmann::json written(const std::vector<T>& list) {
    nlohmann::json array = nlohmann::json::array();
    for (const T& one : list) array.push_back(written(one));
    return array;
  }
  template <typename T>
  static nlohmann::json written(const T& value) {
    if constexpr (IsRecord<T>) {
      return write_record(value);
    } else if constexpr (std::is_enum_v<T>) {
      return words_of(value).at(static_cast<std::size_t>(value));
    } else {
      return value;
    }
  }

  const Record& record;
  nlohmann::json json = nlohmann::json::object();
};

/// Makes a record of JSON from outside.
template <typename Record>
struct Reader {
  template <typename T, typename Owner>
  void operator()(const char* name, T Owner::*member, const char* = "", Limits limits = {}) {
    read(json, name, where, limits, record.*member);
  }
  template <typename T, typename Owner>
  void operator()(const char* name, std::optional<T> Owner::*member, const char* = "", Limits limits = {}) {
    if (optional_member<nlohmann::json>(json, name, where)) {
      read(json, name, where, limits, (record.*member).emplace());
    }
  }

  template <typename T>
  static void read(const nlohmann::json& json, const std::string& name, const std::string& where, Limits limits,
                   std::vector<T>& list) {
    for (const nlohmann::json& one : array_member(json, name, where, 0, static_cast<std::size_t>(limits.high))) {
      if constexpr (IsRecord<T>) {
        list.push_back(read_record<T>(one, where + ": " + name));
      } else {
        read({{name, one}}, name, where, {}, list.emplace_back());
      }
    }
  }
  template <typename T>
  static void read(const nlohmann::json& json, const std::string& name, const std::string& where, Limits limits,
                   T& value) {
    if constexpr (std::is_enum_v<T>) {
      const auto word = json_member<std::string>(json, name, where);
      const auto words = words_of(value);
      const auto found = std::find(words.begin(), words.end(), word);
      if (found == words.end()) throw Error({where + ": " + name, nlohmann::json(words).dump(), printable(word), ""});
      value = static_cast<T>(found - words.begin());
    } else if constexpr (IsRecord<T>) {
      value = read_record<T>(json_member<nlohmann::json>(json, name, where), where + ": " + name);
    } else {
      if constexpr (IsNumber<T>) number_member(json, name, where, limits.low, limits.high);
      value = json_member<T>(json, name, where);
    }
  }

  const nlohmann::json& json;
  const std::string& where;
  Record record = {};
};

}  // namespace record

template <typename Record>
nlohmann::json write_record(const Record& record) {
  record::Writer<Record> writer{record};
  Record::visit_members(writer);
  return std::move(writer.json);
}

template <typename Record>
Record read_record(const nlohmann::json& json, const std::string& where) {
  record::Reader<Record> reader{json, where};
  Record::visit_members(reader);
  return std::move(reader.record);
}

}  // namespace noema
