#include "base/fields.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/file.h"
#include "base/nearest.h"

namespace noema {
namespace {

std::string in_words(std::int64_t number) { return std::to_string(number); }
std::string in_words(double number) { return nlohmann::json(number).dump(); }

template <typename Number>
std::string from_to(const char* what, Range<Number> range) {
  const std::string from = std::string(what) + " from " + in_words(range.low);
  return range.high == std::numeric_limits<Number>::max() ? from : from + " to " + in_words(range.high);
}

template <typename Number>
bool is_within(const nlohmann::json& json, Range<Number> range) {
  if (!detail::json_fits<Number>(json)) return false;
  const auto number = json.get<Number>();
  return number >= range.low && number <= range.high;
}

/// A member that JSON has as it is.
template <typename T>
Field plain(std::string name, T& member, std::string expected, std::string effect,
            std::function<bool(const nlohmann::json&)> fits) {
  return {std::move(name), std::move(expected), std::move(effect), [&member] { return nlohmann::json(member); },
          [&member, fits = std::move(fits)](const nlohmann::json& json) {
            if (!fits(json)) return false;
            member = json.get<T>();
            return true;
          }};
}

/// The value of a choice that would have brought such a key along: "bottleneck = "gaussian"". Empty: there is none.
/// Fields of what was chosen are gone afterwards.
std::string choice_with(const std::string& key, Fields& fields) {
  std::vector<Field*> choices;
  fields.each([&](Field& field) {
    if (!field.choices.empty()) choices.push_back(&field);
  });
  std::string found;
  // From the last: a choice within a choice is gone once that one is set.
  for (auto field = choices.rbegin(); field != choices.rend() && found.empty(); ++field) {
    for (const std::string& choice : (*field)->choices) {
      Fields of_choice(fields.purpose());
      if ((*field)->set(choice)) (*field)->then(of_choice);
      of_choice.each([&](const Field& other) {
        if (other.name == key) found = (*field)->name + " = \"" + choice + "\"";
      });
    }
  }
  return found;
}

/// Why a key is unknown, and what to do. The fields serve nothing afterwards.
Error unknown_key(const std::string& key, const FieldPlace& place, Fields& fields, const FieldValues& values) {
  const auto refused = fields.refused().find(key);
  if (refused != fields.refused().end())
    return Error({place.where + ": " + key, refused->second, place.text, "remove it"});
  std::vector<std::string> known;
  fields.each([&](const Field& field) { known.push_back(field.name); });
  const auto meant = nearest(key, known);
  const std::string choice = choice_with(key, fields);
  const std::string remedy = !choice.empty() ? "it belongs to " + choice
                             : meant         ? "did you mean \"" + *meant + "\"?"
                                             : "remove it";
  return Error(
      {place.where, "a known key" + (values.name.empty() ? "" : " of " + values.name), printable(key), remedy});
}

void set_field(Field& field, const nlohmann::json& value, const FieldPlace& place) {
  try {
    if (field.set(value)) return;
  } catch (const Error& error) {  // of a member within the member
    Problem problem = error.problem();
    problem.where = place.where + ": " + problem.where;
    throw Error(problem);
  }
  throw Error({place.where + ": " + field.name, field.expected, place.text, "correct it"});
}

}  // namespace

Field& Fields::add(std::string name, bool& member, std::string effect) {
  return add(plain(std::move(name), member, "true or false", std::move(effect), detail::json_fits<bool>));
}

Field& Fields::add(std::string name, std::string& member, std::string effect) {
  return add(plain(std::move(name), member, "a text", std::move(effect), detail::json_fits<std::string>));
}

Field& Fields::add(std::string name, std::vector<std::string>& member, std::string effect) {
  const auto fits = [](const nlohmann::json& json) {
    return json.is_array() && std::all_of(json.begin(), json.end(), detail::json_fits<std::string>);
  };
  return add(plain(std::move(name), member, "a list of texts", std::move(effect), fits));
}

Field& Fields::add(std::string name, std::uint64_t& member, std::string effect) {
  const auto fits = [](const nlohmann::json& json) {
    return is_within(json, Range<std::int64_t>{0});  // what TOML can hold
  };
  return add(plain(std::move(name), member, "a whole number from 0", std::move(effect), fits));
}

Field& Fields::add(std::string name, std::int64_t& member, Range<std::int64_t> range, std::string effect) {
  const auto fits = [range](const nlohmann::json& json) { return is_within(json, range); };
  return add(plain(std::move(name), member, from_to("a whole number", range), std::move(effect), fits));
}

Field& Fields::add(std::string name, double& member, Range<double> range, std::string effect) {
  const auto fits = [range](const nlohmann::json& json) { return is_within(json, range); };
  return add(plain(std::move(name), member, from_to("a number", range), std::move(effect), fits));
}

Field& Fields::add(std::string name, std::map<std::string, double>& member, Range<double> range, std::string effect) {
  const auto fits = [range](const nlohmann::json& json) {
    return json.is_object() &&
           std::all_of(json.begin(), json.end(), [&](const auto& value) { return is_within(value, range); });
  };
  return add(plain(std::move(name), member, from_to("a table of numbers, each", range), std::move(effect), fits));
}

void Fields::refuse(const std::vector<std::string>& names, const std::string& expected) {
  for (const std::string& name : names) refused_[name] = expected;
}

void Fields::each(const std::function<void(Field&)>& visit) {
  std::size_t next = 0;
  while (next < fields_.size()) {  // there may be more of them at every turn
    Field& field = fields_[next++];
    visit(field);
    if (field.then && !std::exchange(field.is_followed, true)) field.then(*this);
  }
}

FieldValues field_values(const nlohmann::json& object, const std::string& where) {
  if (!object.is_object()) throw Error({where, "a JSON object", object.type_name(), ""});
  FieldValues values{where, "", {}};
  for (const auto& [key, value] : object.items()) {
    const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    values.values[key] = {value, {where, printable(text, 80)}};
  }
  return values;
}

void read_fields(Fields& fields, const FieldValues& values, Missing missing) {
  std::map<std::string, std::pair<nlohmann::json, FieldPlace>> unread = values.values;
  fields.each([&](Field& field) {
    const auto found = unread.find(field.name);
    if (found == unread.end()) {
      if (missing == Missing::keep_default || field.may_be_missing) return;
      throw Error({values.where, "a member \"" + field.name + "\"", "none", ""});
    }
    const auto& [value, place] = found->second;
    set_field(field, value, place);
    unread.erase(found);
  });
  if (unread.empty()) return;
  const auto& [key, entry] = *unread.begin();
  throw unknown_key(key, entry.second, fields, values);
}

nlohmann::json write_fields(Fields& fields) {
  nlohmann::json json = nlohmann::json::object();
  fields.each([&](const Field& field) { json[field.name] = field.get(); });
  return json;
}

std::string field_lines(Fields& fields, const std::string& prefix) {
  std::string lines;
  fields.each([&](const Field& field) { lines += prefix + field.name + " = " + field.get().dump() + '\n'; });
  return lines;
}

std::string one_of(const std::vector<std::string>& names) {
  std::string all = "one of ";
  for (const std::string& name : names) all += (&name == &names.front() ? "\"" : ", \"") + name + "\"";
  return all;
}

}  // namespace noema
