#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace noema {

/// Where a value stands, and how it is written there: for messages.
struct FieldPlace {
  std::string where, text;
};

class Fields;

/// One member of a struct of options, as files have it.
struct Field {
  std::string name;
  std::string expected;  ///< its type and range: "a whole number from 1 to 64"
  std::string effect;    ///< a sentence for the pages
  std::function<nlohmann::json()> get;
  std::function<bool(const nlohmann::json&)> set;  ///< false, and nothing is set, for what is not `expected`
  std::function<void(Fields&)> then = {};          ///< adds the fields that there are only for the value of this one
  std::vector<std::string> choices = {};           ///< the values that `then` tells apart
  bool may_be_missing = false;                     ///< in files where all else must be there
  bool is_followed = false;                        ///< `then` was called
};

/// Numbers that a member may have, both ends included.
template <typename Number>
struct Range {
  Number low{};
  Number high = std::numeric_limits<Number>::max();
};

/// The members of a struct of options, each told once: its name, member, range and effect. A struct has a function
/// `void fields(Fields&)` that adds them; reading, writing, comparing and describing come from that alone.
class Fields {
 public:
  /// What the fields are listed for: a trained model has only those that shape it, a recipe also those of training.
  enum class Purpose { model, recipe };

  explicit Fields(Purpose purpose = Purpose::model) : purpose_(purpose) {}
  Purpose purpose() const { return purpose_; }

  Field& add(std::string name, bool& member, std::string effect);
  Field& add(std::string name, std::string& member, std::string effect);
  Field& add(std::string name, std::vector<std::string>& member, std::string effect);
  Field& add(std::string name, std::uint64_t& member, std::string effect);
  Field& add(std::string name, std::int64_t& member, Range<std::int64_t> range, std::string effect);
  Field& add(std::string name, double& member, Range<double> range, std::string effect);
  Field& add(std::string name, std::map<std::string, double>& member, Range<double> range, std::string effect);

  /// A member that is one of some words.
  template <typename Enum>
  Field& add(std::string name, Enum& member, std::vector<std::pair<std::string, Enum>> words, std::string effect);

  /// A field of any other type.
  Field& add(Field field) { return fields_.emplace_back(std::move(field)); }

  /// Keys that belong to something else: who gives one is told what is expected in their place.
  void refuse(const std::vector<std::string>& names, const std::string& expected);

  /// Every field in its order, those included that there are by the values of others.
  void each(const std::function<void(Field&)>& visit);

  const std::map<std::string, std::string>& refused() const { return refused_; }

 private:
  Purpose purpose_;
  std::deque<Field> fields_;                    // grows while it is walked through
  std::map<std::string, std::string> refused_;  // name, and what is expected in its place
};

/// The values of a table of a file by key, with the place of each.
struct FieldValues {
  std::string where;  ///< the table, for messages: "r.toml" or "noema.json: parts: chain"
  std::string name;   ///< how keys of it are called: "of [chain]"; may be empty
  std::map<std::string, std::pair<nlohmann::json, FieldPlace>> values;
};

/// The members of a JSON object. Throws Error, naming `where`, for another type.
FieldValues field_values(const nlohmann::json& object, const std::string& where);

/// What becomes of fields that a file leaves out.
enum class Missing { keep_default, refuse };

/// Gives fields their values. Throws Error, with the place, for wrong types, numbers out of range, keys that there are
/// not (with the nearest that there is, or the choice that would have them), and fields that must not be missing.
void read_fields(Fields& fields, const FieldValues& values, Missing missing);

/// The inverse, as a JSON object.
nlohmann::json write_fields(Fields& fields);

/// "PREFIXkey = value" a line, for every field: equal for equal options alone.
std::string field_lines(Fields& fields, const std::string& prefix);

/// "one of "a", "b"".
std::string one_of(const std::vector<std::string>& names);

template <typename T>
concept HasFields = requires(T options, Fields& fields) { options.fields(fields); };

template <HasFields T>
nlohmann::json to_json(T options) {
  Fields fields;
  options.fields(fields);
  return write_fields(fields);
}

/// The inverse of to_json; `options` are of the defaults. Throws Error as read_fields does, and where
/// `options.check(where)` does.
template <HasFields T>
T from_json(const nlohmann::json& json, const std::string& where, T options = T()) {
  Fields fields;
  options.fields(fields);
  read_fields(fields, field_values(json, where), Missing::refuse);
  if constexpr (requires { options.check(where); }) options.check(where);
  return options;
}

/// A member that is itself such a struct: an object within the object.
template <HasFields T>
Field& add_object(Fields& fields, std::string name, T& member, std::string effect) {
  const auto set = [&member, name](const nlohmann::json& json) {
    member = from_json<T>(json, name, member);
    return true;
  };
  return fields.add({name, "an object", std::move(effect), [&member] { return to_json(member); }, set});
}

// --- implementation ---

template <typename Enum>
Field& Fields::add(std::string name, Enum& member, std::vector<std::pair<std::string, Enum>> words,
                   std::string effect) {
  std::vector<std::string> names;
  for (const auto& [word, value] : words) names.push_back(word);
  const auto get = [&member, words]() -> nlohmann::json {
    for (const auto& [word, value] : words) {
      if (value == member) return word;
    }
    return nullptr;
  };
  const auto set = [&member, words](const nlohmann::json& json) {
    for (const auto& [word, value] : words) {
      if (json != word) continue;
      member = value;
      return true;
    }
    return false;
  };
  return add({std::move(name), one_of(names), std::move(effect), get, set});
}

}  // namespace noema
