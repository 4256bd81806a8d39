#include "base/json.h"

#include <algorithm>
#include <vector>

#include "base/nearest.h"

namespace noema {
namespace {

using nlohmann::json;

/// Copying and printing a value recurse, so that a text of a million brackets would overflow the stack.
constexpr std::size_t kMostDepth = 200;

/// Builds the value of a text. The library's own builder keeps the last of equal keys, and with a callback to check
/// them it looks through the whole list after each of its elements.
class Builder final : public nlohmann::json_sax<json> {
 public:
  Builder(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    const auto [member, is_new] = open_.back()->get_ref<json::object_t&>().emplace(name, nullptr);
    if (!is_new) {
      throw Error({where_, "each key once in an object", "\"" + printable(name, 80) + "\" again", "correct the file"});
    }
    member_ = &member->second;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) override {
    const std::size_t offset = std::min(position > 0 ? position - 1 : 0, text_.size());
    throw mistake(offset);
  }

  Error mistake(std::size_t offset) const {
    const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
    const std::size_t begin = offset - std::min<std::size_t>(offset, 10);
    return Error({where_ + ", line " + std::to_string(line), "JSON",
                  "a mistake near \"" + printable(text_.substr(begin, 20)) + "\"", "correct the file"});
  }

 private:
  bool put(json value) {
    place(std::move(value));
    return true;
  }

  /// Where the value now stands, until the next one is placed in the same list.
  json* place(json value) {
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
    return &(*member_ = std::move(value));
  }

  bool open(json value) {
    if (open_.size() == kMostDepth) {
      throw Error({where_, "JSON nested at most " + std::to_string(kMostDepth) + " deep", "deeper nesting",
                   "correct the file"});
    }
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  std::string_view text_;
  const std::string& where_;
  json root_;
  std::vector<json*> open_;  // the lists and objects around what comes next, outermost first
  json* member_ = nullptr;   // of the innermost object, whose value comes next
};

}  // namespace

json parse_json(std::string_view text, const std::string& where) {
  Builder builder(text, where);
  // The library takes a NUL for the end of the text, and what comes after it for nothing.
  const std::size_t nul = text.find('\0');
  if (nul != std::string_view::npos) throw builder.mistake(nul);
  json::sax_parse(text, &builder);
  return builder.take();
}

void need_only_members(const json& object, const std::vector<std::string>& names, const std::string& where) {
  if (!object.is_object()) throw Error({where, "a JSON object", object.type_name(), ""});
  for (const auto& [key, value] : object.items()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) continue;
    const auto meant = nearest(key, names);
    throw Error({where, "a known member", "\"" + printable(key, 80) + "\"",
                 meant ? "did you mean \"" + *meant + "\"?" : "the file is damaged, or of a newer version of noema"});
  }
}

}  // namespace noema
